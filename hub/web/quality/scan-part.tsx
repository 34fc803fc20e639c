/** When contracts are looked through next, and what the last look found. */
import { Button, TextInput } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useNow } from "../../../edge/web/clock.ts";
import { useCommand } from "../../../edge/web/command.ts";
import { countOf } from "../../../edge/web/figures.ts";
import { useWords } from "../../../edge/web/language.ts";
import type { Schedule } from "../../registry/api-bridge.ts";
import { Refused } from "../parts/refused.tsx";
import { Answered } from "../parts/section.tsx";
import { instantOf } from "../parts/time.ts";
import { WhyButton } from "../parts/why-button.tsx";
import { qualityWords } from "../words/quality.ts";
import { reschedule, scanNow, useScans } from "./api.ts";
import { ScanFindings } from "./scan-findings.tsx";

export function ScanPart() {
  const words = useWords(qualityWords);
  const queries = useQueryClient();
  const command = useCommand();
  const asked = useScans(true);
  const now = useNow(60_000);
  const [told, setTold] = useState("");
  const scan = () =>
    void command.run("scan", async () => {
      const { subjects } = await scanNow();
      setTold(words.scanned(countOf(subjects.reduce((sum, { findings }) => sum + findings.length, 0))));
      await queries.invalidateQueries({ queryKey: ["scans"] });
    });
  return (
    <section className="panel part">
      <div className="card-row">
        <h2>{words.scan}</h2>
        <div className="acts">
          {asked.data === undefined ? null : <ScheduleButton schedule={asked.data.schedule} />}
          <Button variant="filled" loading={command.pending !== null} onClick={scan}>
            {words.scanNow}
          </Button>
        </div>
      </div>
      <p className="muted">{words.scanWhat}</p>
      <p className="told" role="status">
        {told}
      </p>
      <Refused command={command} />
      <Answered asked={asked}>
        {({ schedule, scans }) => {
          const last = scans.toSorted((a, b) => b.at - a.at)[0];
          return (
            <>
              <p className="muted">
                {last === undefined ? words.neverScanned : words.scannedAt(instantOf(last.at, now))} · {words.next(instantOf(schedule.nextAt, now))} ·{" "}
                <code>{schedule.cron}</code> {schedule.zone}
              </p>
              {last?.unasked === undefined ? null : <p className="warn">{words.unasked(last.unasked.join(", "))}</p>}
              {last === undefined ? null : <ScanFindings scan={last} subject={null} />}
            </>
          );
        }}
      </Answered>
    </section>
  );
}

function ScheduleButton({ schedule }: { readonly schedule: Schedule }) {
  const words = useWords(qualityWords);
  const queries = useQueryClient();
  const [given, setGiven] = useState({ cron: schedule.cron, zone: schedule.zone });
  return (
    <WhyButton
      open={words.reschedule}
      send={words.rescheduleSend}
      run={(why) => reschedule(given.cron.trim(), given.zone.trim(), why).then(() => queries.invalidateQueries({ queryKey: ["scans"] }))}
    >
      <TextInput label={words.cron} value={given.cron} maxLength={100} onChange={(event) => setGiven({ ...given, cron: event.currentTarget.value })} />
      <TextInput label={words.zone} value={given.zone} maxLength={64} onChange={(event) => setGiven({ ...given, zone: event.currentTarget.value })} />
    </WhyButton>
  );
}
