import type { Dictionary } from "../dictionary";
import { alert, alerts } from "./alerts";
import { cases, incident } from "./cases";
import { duty } from "./duty";
import { errors, frame, parts, signIn } from "./frame";
import { history } from "./history";
import { call, request, requests, retainers } from "./requests";
import { settings } from "./settings";
import { words } from "./words";
import { endpoints, hunt, rules } from "./work";

export const en: Dictionary = { words, frame, parts, errors, signIn, duty, alerts, alert, cases, incident, requests, request, call, retainers, endpoints, hunt, rules, settings, history };
