/** The shape of all texts: Japanese defines it, English must fill it; the compiler tells what is missing. */
import type { ja } from "./ja";

export type Dictionary = typeof ja;
