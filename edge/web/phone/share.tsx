/** The engineer may share their position, by their own tap and only while the page is open. */
import { useEffect, useState } from "react";
import type { Api } from "../api.ts";
import { unitNow } from "../clock.ts";
import { useWords } from "../language.ts";
import { phoneWords } from "../words/phone.ts";

/** Dispatch reckons in minutes; more often would only drain the battery. */
const SHARE_EVERY_MS = 15_000;

export function ShareSwitch({ api }: { readonly api: Api }) {
  const words = useWords(phoneWords);
  const [on, setOn] = useState(false);
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    if (!on) return;
    let sentAt = 0;
    const watch = navigator.geolocation.watchPosition(
      ({ coords, timestamp }) => {
        if (Date.now() - sentAt < SHARE_EVERY_MS) return;
        sentAt = Date.now();
        // The phone may have known it for a while, and its clock is not the unit's.
        const at = Math.round(unitNow() - Math.max(0, Date.now() - timestamp));
        // One position lost is made good by the next.
        api.position({ lat: coords.latitude, lon: coords.longitude }, at).catch(() => undefined);
      },
      () => {
        setFailed(true);
        setOn(false);
      },
      { enableHighAccuracy: true },
    );
    return () => navigator.geolocation.clearWatch(watch);
  }, [api, on]);
  if (!("geolocation" in navigator)) return null;
  return (
    <label className="share">
      <input
        type="checkbox"
        checked={on}
        onChange={(event) => {
          setFailed(false);
          setOn(event.target.checked);
        }}
      />
      <span>{failed ? words.shareFailed : on ? words.sharing : words.share}</span>
    </label>
  );
}
