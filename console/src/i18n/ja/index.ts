import { duty } from "./duty";
import { errors, frame, parts, signIn } from "./frame";
import { words } from "./words";

export const ja = { words, frame, parts, errors, signIn, duty };
