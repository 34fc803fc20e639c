/** In a demo: make one simulated machine go bad. */
import { Button, NativeSelect, Popover, Stack } from "@mantine/core";
import { useState } from "react";
import type { Asset } from "../../../contracts/asset.ts";
import type { Device } from "../../../contracts/device.ts";
import type { Scenario } from "../../../contracts/scenario.ts";
import { useCommand } from "../command.ts";
import { useLanguage, useWords } from "../language.ts";
import { boardWords } from "../words/board.ts";
import { useUnit } from "./queries.ts";
import { Refused } from "./refused.tsx";

type Props = { readonly devices: readonly Device[]; readonly assets: readonly Asset[]; readonly scenario: Scenario };

export function InjectFault({ devices, assets, scenario }: Props) {
  const language = useLanguage();
  const words = useWords(boardWords);
  const { api } = useUnit();
  const command = useCommand();
  const [open, setOpen] = useState(false);
  const [device, setDevice] = useState(devices[0]?.id ?? "");
  // A mode that no channel speaks for is a conclusion, not something that a machine can be made to do.
  const modes = scenario.faultModes.filter(({ channels }) => channels.length > 0);
  const [mode, setMode] = useState<string>(modes[0]?.id ?? "");
  const inject = () => command.run("inject", () => api.injectFault(device, mode)).then((taken) => setOpen(!taken));
  return (
    <>
      <Popover opened={open} onChange={setOpen} trapFocus position="bottom-end" withArrow shadow="md">
        <Popover.Target>
          <Button onClick={() => setOpen(!open)}>{words.demo.inject}</Button>
        </Popover.Target>
        <Popover.Dropdown aria-label={words.demo.inject}>
          <Stack gap="xs" w={240}>
            <NativeSelect
              label={words.demo.injectWhere}
              value={device}
              onChange={(event) => setDevice(event.target.value)}
              data={devices.map(({ id, asset }) => ({ value: id, label: `${assets.find((one) => one.id === asset)?.name ?? asset} (${id})` }))}
            />
            <NativeSelect
              label={words.demo.injectWhat}
              value={mode}
              onChange={(event) => setMode(event.target.value)}
              data={modes.map(({ id, title }) => ({ value: id, label: title[language] }))}
            />
            <Button variant="filled" loading={command.pending !== null} onClick={() => void inject()}>
              {words.demo.inject}
            </Button>
          </Stack>
        </Popover.Dropdown>
      </Popover>
      <Refused problem={command.problem} close={command.clear} />
    </>
  );
}
