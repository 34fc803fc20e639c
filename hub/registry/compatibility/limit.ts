/** What a schema may cost. A contract comes from outside; each number here stops one way of making the hub think for ever. */

/** Bytes of one schema. Ours have 3 KiB at most; a megabyte of rules is no longer a contract that somebody reads. */
export const SCHEMA_BYTES_MAX = 1024 * 1024;

/** JSON values in one schema, lists and objects counted too: a schema that refers to itself in memory ends here. */
export const SCHEMA_VALUES_MAX = 500_000;

/** JSON nesting of one schema. Validators recurse through it, so what is deeper breaks consumers before it breaks us. */
export const SCHEMA_DEPTH_MAX = 200;

/** References and combinators that may follow each other at one place of a document before a value must be entered. */
export const IN_PLACE_DEPTH_MAX = 256;

/** Elementary questions of one comparison, about 2 s on one slow core. Ordinary pairs take 10 to 5,000. */
export const STEPS_MAX = 3_000_000;

/** Of them, for finding out which keyword is to blame once it is known that one is. */
export const EXPLAIN_STEPS_MAX = 1_000_000;

/** Elements and members entered within each other while one question is answered: each takes up to 3 KiB of a stack of 984. */
export const QUESTION_DEPTH_MAX = 200;

/** Attributes and alternatives whose meaning is compared. Our largest contract takes 700; ordinary ones 20 to 100. */
export const MEANING_STEPS_MAX = 20_000;

/** Places within each other at which differences are listed; deeper ones are told as one. */
export const LISTED_DEPTH_MAX = 60;

/** Alternatives of a `oneOf` that are told apart pair by pair; beyond it only that one of them holds is known. */
export const ONE_OF_PAIRS_MAX = 100;

/** Ways in which alternatives decide what `unevaluated…` sees. */
export const EVALUATED_WAYS_MAX = 64;

/** States of one automaton. Deterministic ones of hostile patterns have 2^n; those of real patterns fewer than 300. */
export const AUTOMATON_STATES_MAX = 1_000;

/** What an automaton costs that is given up, in elementary questions: some 20 ms. */
export const AUTOMATON_STEPS_MAX = 20_000;

/** Lengths up to this are put into the automaton; longer ones are compared as numbers only. */
export const AUTOMATON_LENGTH_MAX = 100;

/** Patterns over property names that are told apart in all combinations: 2^n kinds of names. */
export const NAME_PATTERNS_MAX = 6;

/** Values of an interval of integers that are tried one by one. */
export const TRIED_VALUES_MAX = 1_000;

/** Changes listed in one verdict; a person reads the first few. */
export const CHANGES_MAX = 200;

/** Characters of a value quoted in a sentence. */
export const QUOTE_CHARS_MAX = 60;

/** Characters of a text that is tried with patterns; nothing is concluded from a longer one. */
export const TRIED_CHARS_MAX = 10_000;

/** Characters of a text that is tried with a format: formats are tested by expressions that may take the square of it. */
export const FORMAT_CHARS_MAX = 500;
