/** How one of an input's decisions is written: who decided, and why. Inside the transaction of that input. */
import type { Decided } from "../../contracts/effect.ts";

export type Write = (decided: Decided, actor: string, reason: string) => void;
