/** The buttons by which a release is asked on, back or to its end, at one unit or all; only what can be done where it stands. */
import { useQueryClient } from "@tanstack/react-query";
import type { ReleaseAskType } from "../../../contracts/release.ts";
import { useWords } from "../../../edge/web/language.ts";
import { WhyButton } from "../parts/why-button.tsx";
import { hubModelWords } from "../words/models.ts";
import { askOf } from "./api.ts";

/** Where each of them leads somewhere. */
const LEADS: Readonly<Record<ReleaseAskType, readonly string[]>> = {
  promote: ["shadow", "canary"],
  "roll-back": ["canary", "live"],
  stop: ["waiting", "fetching", "shadow", "canary"],
};

type Props = {
  readonly id: string;
  /** Those in which its units are. */
  readonly states: readonly string[];
  /** Absent: all of them. */
  readonly unit?: string;
  /** Units to come may begin it: stopping it everywhere ends that too. */
  readonly open?: boolean;
};

export function Asks({ id, states, unit, open = false }: Props) {
  const words = useWords(hubModelWords);
  const queries = useQueryClient();
  const can = (type: ReleaseAskType): boolean => states.some((state) => LEADS[type].includes(state)) || (type === "stop" && open);
  const ask = (type: ReleaseAskType) => (why: string) =>
    askOf(id, type, why, unit).then(() => Promise.all(["release", "releases"].map((key) => queries.invalidateQueries({ queryKey: [key] }))));
  if (!(["promote", "roll-back", "stop"] as const).some(can)) return null;
  return (
    <div className="acts">
      {unit === undefined ? <span className="muted">{words.everywhere}</span> : null}
      {can("promote") ? <WhyButton open={words.promote} send={words.promoteSend} run={ask("promote")} /> : null}
      {can("roll-back") ? <WhyButton open={words.rollBack} send={words.rollBackSend} run={ask("roll-back")} /> : null}
      {can("stop") ? <WhyButton open={words.stop} send={words.stopSend} run={ask("stop")} /> : null}
    </div>
  );
}
