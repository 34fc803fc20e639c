/** In a demo: the way to each engineer's phone page, as a code and as a link. Whoever is being asked stands first. */
import { Anchor, Button, Modal } from "@mantine/core";
import { useState } from "react";
import { renderSVG } from "uqr";
import type { Demo } from "../../../contracts/board.ts";
import type { Engineer } from "../../../contracts/engineer.ts";
import type { Offer } from "../../../contracts/offer.ts";
import { useWords } from "../language.ts";
import { boardWords } from "../words/board.ts";

export function Phones({ demo, engineers, offers }: { readonly demo: Demo; readonly engineers: readonly Engineer[]; readonly offers: readonly Offer[] }) {
  const words = useWords(boardWords);
  const [open, setOpen] = useState(false);
  const asked = new Set(offers.filter(({ state }) => state === "open").map(({ engineer }) => engineer));
  const phones = demo.phones.toSorted((a, b) => Number(asked.has(b.engineer)) - Number(asked.has(a.engineer)));
  return (
    <>
      <Button onClick={() => setOpen(true)} className={asked.size > 0 ? "calling" : ""}>
        {words.demo.phones}
      </Button>
      <Modal opened={open} onClose={() => setOpen(false)} title={words.demo.phones} size="lg" closeButtonProps={{ "aria-label": words.close }}>
        <p className="muted">{words.demo.phonesWhy}</p>
        <ul className="phones">
          {phones.map(({ engineer, url }) => {
            const name = engineers.find(({ id }) => id === engineer)?.name ?? engineer;
            return (
              <li key={engineer}>
                <img src={picture(url)} alt={words.demo.qr(name)} width="132" height="132" />
                <strong>{name}</strong>
                {asked.has(engineer) ? <span className="asked">{words.demo.ringing}</span> : null}
                <Anchor href={url} target="_blank" rel="noreferrer" size="sm">
                  {words.demo.openPhone}
                </Anchor>
              </li>
            );
          })}
        </ul>
      </Modal>
    </>
  );
}

function picture(url: string): string {
  return `data:image/svg+xml,${encodeURIComponent(renderSVG(url, { border: 2 }))}`;
}
