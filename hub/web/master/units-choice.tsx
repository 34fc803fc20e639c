/** Which units shall see what an import brings. */
import { Checkbox } from "@mantine/core";
import { useWords } from "../../../edge/web/language.ts";
import { useLinks } from "../queries.ts";
import { masterWords } from "../words/master.ts";

export function UnitsChoice({ chosen, choose }: { readonly chosen: readonly string[]; readonly choose: (units: readonly string[]) => void }) {
  const words = useWords(masterWords);
  const units = (useLinks().data?.links ?? []).flatMap(({ kind, id }) => (kind === "unit" ? [id] : [])).toSorted();
  if (units.length === 0) return <p className="muted">{words.noUnits}</p>;
  return (
    <Checkbox.Group label={words.units} value={[...chosen]} onChange={choose}>
      <div className="choices">
        {units.map((unit) => (
          <Checkbox key={unit} value={unit} label={unit} />
        ))}
      </div>
    </Checkbox.Group>
  );
}
