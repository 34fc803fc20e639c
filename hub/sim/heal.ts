/** The end of a world: no more trouble, everyone connected, until nobody has anything left to say. */
import { STREAMS } from "./contract.ts";
import { compareAll } from "./crm-side.ts";
import { sideOf } from "./hub-side.ts";
import { eraseSubject, followerOf, offer, readOn, treatDead } from "./office.ts";
import { deliver, speak, timeOut, wake } from "./traffic.ts";
import { sessionOf } from "./unit-side.ts";
import { type World, tell } from "./world.ts";

/** Rounds in which a world that converges is long quiet: each unit says all it has to say in each. Three are what it takes. */
const ROUNDS_MAX = 15;
/** Questions in which a unit has long said all it has to say in a stream. Some 20 are what a comparison takes. */
const QUESTIONS_MAX = 60;
const PAGE_LINES = 500;
const CREDIT = 500;

export function heal(world: World): void {
  for (const unit of world.units) unit.skewMs = 0;
  calmDown(world);
  // Two histories under the numbers of one epoch, and nobody noticed in time: only a comparison finds what was never told.
  for (const name of world.blurred) compareAll(followerOf(world, sideOf(world.hub, name)), sideOf(world.hub, name).store);
  // Erased is erased: a copy that was put back knows nothing of it.
  for (const subject of world.erased) {
    const [entity = "", id = ""] = JSON.parse(subject) as string[];
    eraseSubject(world, entity, id);
  }
  world.hub.mended = true;
  for (const name of STREAMS)
    for (let i = sideOf(world.hub, name).store.listDead().length; i > 0; i--) if (world.random.chance(0.8)) treatDead(world, sideOf(world.hub, name));
  settleDown(world);
}

/** No more trouble from now on: everyone is connected, and says all he has to say. */
export function calmDown(world: World): void {
  world.calm = true;
  world.hub.credit = CREDIT;
  world.hub.page = CREDIT;
  for (const unit of world.units) {
    unit.parted = false;
    unit.asleep = false;
    for (const stream of STREAMS) timeOut(world, unit, stream);
  }
  settleDown(world);
}

function settleDown(world: World): void {
  for (let round = 0; round < ROUNDS_MAX; round++) {
    world.now += 1_000;
    if (!turn(world)) return;
  }
  tell(world, "D5", `not quiet after ${ROUNDS_MAX} rounds: ${whoSpeaks(world)}`);
}

/** Everyone says all he has to say. False when nothing came of it. */
function turn(world: World): boolean {
  let any = false;
  for (const stream of STREAMS) {
    for (const unit of world.units) {
      wake(unit, stream);
      for (let i = 0; i < QUESTIONS_MAX && speak(world, unit, stream); i++) {
        while (deliver(world));
        // A pull that brought nothing is what quiet sounds like.
        if (i > 0) any = true;
      }
    }
    // Each once: what is refused is offered in other words in the next round.
    for (let left = followerOf(world, sideOf(world.hub, stream)).own.size; left > 0 && offer(world, sideOf(world.hub, stream)); left--) {
      while (deliver(world));
      any = true;
    }
  }
  while (deliver(world));
  if (readOn(world, PAGE_LINES)) any = true;
  return any;
}

function whoSpeaks(world: World): string {
  return [
    ...world.units.flatMap((unit) =>
      STREAMS.flatMap((stream) => {
        const inbox = unit.store.readInbox(stream);
        const pending = unit.store.listOutboxes().filter((outbox) => outbox.stream === stream && outbox.last > outbox.through);
        return pending.length === 0 && inbox?.repair === null
          ? []
          : [
              `${unit.name} in ${stream}: repair ${String(inbox?.repair)}, ${JSON.stringify(pending)}, ${JSON.stringify(sessionOf(unit, stream)).slice(0, 200)}`,
            ];
      }),
    ),
    ...STREAMS.flatMap((name) =>
      [...followerOf(world, sideOf(world.hub, name)).own.values()].filter((own) => own.offer).map((own) => `the CRM offers ${own.write.key}`),
    ),
  ].join("; ");
}
