import type { Dictionary } from "../dictionary";
import { duty } from "./duty";
import { errors, frame, parts, signIn } from "./frame";
import { words } from "./words";

export const en: Dictionary = { words, frame, parts, errors, signIn, duty };
