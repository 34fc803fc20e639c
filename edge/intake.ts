/**
 * The Intake object: MQTT in, transitions of verdicts out to its unit, and nothing to the hub.
 *
 *   sockets ⇄ broker ─ log rows ─▶ pipeline (fold, score) ─ transitions ─▶ Unit
 *
 * A thin shell: it opens the parts, hands events to them and keeps one alarm, so that what is logged is scored and sent
 * whatever happens to the object in between.
 */
import { DurableObject } from "cloudflare:workers";
import { uuidv7 } from "uuidv7";
import type { DeviceMeter, Glances, Quarantined, TailLine, Trace } from "../contracts/board.ts";
import type { IntakeFit } from "../contracts/fit.ts";
import type { TenantId, UnitId } from "../contracts/ids.ts";
import { readObjectName, unitObject } from "../contracts/object-name.ts";
import { isRefusal, type Refusal, refuse } from "../contracts/refusal.ts";
import type { IntakeChunk, IntakeForUnit, IntakePlan, UnitForIntake } from "../contracts/rpc.ts";
import { REASON, type Reason } from "./ingest/reason.ts";
import { mappedBy, topicMapOf } from "./ingest/mapping/topic-map.ts";
import type { Speaker } from "./ingest/topic.ts";
import { glancesOf, metersOf, quarantineOf, tailOf, traceOf } from "./journey/view.ts";
import { refuseMessage } from "./journey/sampling.ts";
import { COPY_PAUSE_MS, exportChunk, importChunk } from "./shell/intake-copy.ts";
import { CHECKPOINT_MS } from "./shell/intake-saving.ts";
import { fitProfile } from "./shell/intake-fit.ts";
import { intakeModels, keepModel, tryOn } from "./shell/intake-models.ts";
import { CONNECTIONS_MAX, type Mqtt, openMqtt } from "./shell/intake-mqtt.ts";
import { openPipeline, type Pipeline } from "./shell/intake-pipeline.ts";
import type { Clock, Models } from "./shell/intake-ports.ts";
import { type IntakeStore, intakeStore, isOpened, migrateIntake } from "./shell/intake-store.ts";
import { unitStub } from "./shell/intake-unit.ts";
import { openWarmth } from "./shell/intake-warm.ts";

/** Rows of one trace: two days of minutes. */
const TRACE_ROWS_MAX = 2_880;
/** What a client that wants to be silent for longer is given: a connection that is lost is known after a minute and a half. */
const KEEP_ALIVE_MS_MAX = 60_000;
/** Publishes of one client that may wait for their acknowledgement. */
const RECEIVE_MAX = 100;
/** Pause before an alarm looks again at work that could not be finished. */
const LOOK_AGAIN_MS = 1_000;

type Running = {
  readonly store: IntakeStore;
  readonly models: Models;
  readonly pipeline: Pipeline;
  readonly warm: (plan: IntakePlan) => Promise<void>;
  readonly mqtt: Mqtt;
  readonly devices: () => ReadonlySet<string>;
};
type Place = { readonly tenant: string; readonly unit: string; readonly part: number };

export class Intake extends DurableObject<Env> implements IntakeForUnit {
  #running: Running | null = null;
  #opening: Promise<Running | Refusal> | null = null;
  /** Whether the plan was asked for since this object woke: the unit may have changed it meanwhile. */
  #planned = false;
  #armedAt: number | null = null;
  #unit: UnitForIntake | null = null;
  readonly #clock: Clock = { now: () => Date.now(), wakeBy: (at) => this.#wakeBy(at) };

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    void ctx.blockConcurrencyWhile(async () => {
      // A name that nobody uses stays without tables: looking at it writes nothing.
      if (!isOpened(ctx.storage)) return;
      this.#armedAt = await ctx.storage.getAlarm();
      await migrateIntake(ctx.storage);
      const plan = intakeStore(ctx.storage).readPlan();
      if (plan !== null) this.#start(plan);
    });
  }

  override async fetch(request: Request): Promise<Response> {
    const protocols = (request.headers.get("sec-websocket-protocol") ?? "").split(",").map((one) => one.trim());
    if (request.headers.get("upgrade") !== "websocket" || !protocols.includes("mqtt"))
      return Response.json(refuse("malformed", "a WebSocket with the subprotocol mqtt [MQTT-6.0.0-3]", "connect with an MQTT client over ws:// or wss://"), {
        status: 400,
      });
    const running = await this.#open();
    if (isRefusal(running)) return Response.json(running, { status: running.refused === "unknown-unit" ? 404 : 503 });
    if (running.mqtt.count() >= CONNECTIONS_MAX)
      return Response.json(refuse("too-many", `at most ${CONNECTIONS_MAX} connections`, "close some, or divide the unit"), { status: 503 });
    await running.warm(running.pipeline.plan());
    const { 0: client, 1: server } = new WebSocketPair();
    this.ctx.acceptWebSocket(server);
    running.mqtt.open(server);
    return new Response(null, { status: 101, webSocket: client, headers: { "sec-websocket-protocol": "mqtt" } });
  }

  override async webSocketMessage(socket: WebSocket, frame: ArrayBuffer | string): Promise<void> {
    const running = this.#running;
    if (running === null) return socket.close(1011, "this unit is not open");
    try {
      await running.mqtt.onFrame(socket, frame);
    } catch (error) {
      // A bug costs the connection that met it: unacknowledged messages come again, the others go on.
      console.error("a frame could not be dealt with", error);
      socket.close(1011, "internal error");
      running.mqtt.onGone(socket);
    }
  }

  override webSocketClose(socket: WebSocket): void {
    this.#running?.mqtt.onGone(socket);
    try {
      // Answers the close frame, or the client waits for it. Its code can't be sent back when it had none (1005).
      socket.close(1000, "");
    } catch {
      // Answered already.
    }
  }

  override webSocketError(socket: WebSocket): void {
    this.#running?.mqtt.onGone(socket);
  }

  override async alarm(): Promise<void> {
    this.#armedAt = null;
    const running = this.#running;
    if (running === null) return;
    const { mqtt, pipeline } = running;
    await this.#replan(running);
    mqtt.instant();
    await pipeline.work();
    await pipeline.send();
    mqtt.flush();
    if (!(await pipeline.save())) this.#wakeBy(Date.now() + CHECKPOINT_MS);
    if (!pipeline.isIdle() || mqtt.waiting() > 0) this.#wakeBy(Date.now() + LOOK_AGAIN_MS);
  }

  async refresh(version: number): Promise<void> {
    const running = await this.#open();
    if (isRefusal(running) || (version > 0 && running.pipeline.planVersion() >= version)) return;
    this.#planned = false;
    await this.#replan(running);
    await running.pipeline.work();
  }

  async glances(): Promise<Glances> {
    const running = await this.#open();
    if (isRefusal(running))
      return { now: Date.now(), devices: [], counters: { messages: 0, samples: 0, duplicates: 0, reordered: 0, late: 0, refused: 0, scored: 0 } };
    const tracks = running.pipeline.fold.tracks();
    const connected = running.mqtt.connectedDevices();
    return { now: Date.now(), devices: [...glancesOf(tracks, (device) => connected.has(device))], counters: { ...tracks.counters } };
  }

  async traceOf(device: string, after: number): Promise<Trace | Refusal> {
    const running = await this.#open();
    return isRefusal(running) ? running : traceOf(running.pipeline.fold.tracks(), device, after, running.store.readTrace(device, after, TRACE_ROWS_MAX));
  }

  async tailAfter(after: number, device?: string): Promise<readonly TailLine[]> {
    const running = await this.#open();
    if (isRefusal(running)) return [];
    const tracks = running.pipeline.fold.tracks();
    // The count of a life begins at 0: who has seen more has seen another life, and all of this one is new.
    return tailOf(tracks, after > tracks.tail.n ? 0 : after, device);
  }

  async quarantine(): Promise<readonly Quarantined[]> {
    const running = await this.#open();
    return isRefusal(running) ? [] : quarantineOf(running.pipeline.fold.tracks());
  }

  async meters(): Promise<readonly DeviceMeter[]> {
    const running = await this.#open();
    return isRefusal(running) ? [] : metersOf(running.pipeline.fold.tracks());
  }

  async putModel(hash: string, bytes: ArrayBuffer): Promise<{ readonly hash: string } | Refusal> {
    const running = await this.#open();
    if (isRefusal(running)) return running;
    const kept = await keepModel(running.store, running.pipeline.plan(), hash, bytes);
    // Somebody may have waited for it.
    if (!isRefusal(kept)) running.pipeline.modelsChanged();
    return kept;
  }

  async tryOn(hash: string, profile: string): Promise<{ readonly hash: string } | Refusal> {
    const running = await this.#open();
    if (isRefusal(running)) return running;
    const found = running.pipeline.plan().scenario.profiles.find(({ id }) => id === profile);
    return tryOn(running.models, found, hash);
  }

  async fit(profile: string): Promise<IntakeFit | Refusal> {
    const running = await this.#open();
    return isRefusal(running) ? running : await fitProfile(running, running.pipeline.fold.tracks(), profile);
  }

  async heldModels(): Promise<readonly string[]> {
    const running = await this.#open();
    return isRefusal(running) ? [] : running.store.listModels();
  }

  /** Its password is another one now: who came in with the old one goes. */
  async disconnect(device: string): Promise<void> {
    this.#running?.mqtt.disconnect(device);
  }

  async exportState(after?: string): Promise<IntakeChunk> {
    const running = await this.#open();
    if (isRefusal(running)) throw new Error(`nothing to copy: ${running.rule}`);
    const { pipeline, store } = running;
    if (after === undefined) {
      await pipeline.work();
      await pipeline.send();
      await pipeline.work();
      pipeline.fold.hold(0);
      // All of it at one place of the log, which does not go with the copy.
      for (let tries = 0; tries < 10 && !pipeline.checkpoint(); tries++) await pipeline.work();
      if (!pipeline.fold.isSaved()) console.warn("the copy begins at the last checkpoint: a row is being folded");
    }
    pipeline.fold.hold(Date.now() + COPY_PAUSE_MS);
    const chunk = exportChunk(this.ctx.storage.sql, store, after);
    if (chunk.next === null) pipeline.fold.hold(0);
    return chunk;
  }

  async importState(chunk: IntakeChunk): Promise<void> {
    if (this.#running !== null) throw new Error("a copy goes into an Intake before its unit uses it");
    await migrateIntake(this.ctx.storage);
    importChunk(this.ctx.storage.sql, intakeStore(this.ctx.storage), chunk);
  }

  #open(): Promise<Running | Refusal> {
    if (this.#running !== null) return Promise.resolve(this.#running);
    this.#opening ??= this.#firstOpen().finally(() => {
      this.#opening = null;
    });
    return this.#opening;
  }

  async #firstOpen(): Promise<Running | Refusal> {
    const plan = await this.#unitPort().intakePlan();
    if (isRefusal(plan)) return plan;
    await migrateIntake(this.ctx.storage);
    const store = intakeStore(this.ctx.storage);
    store.transaction(() => {
      store.writePlan(plan);
      store.putMeta("name", this.ctx.id.name ?? "");
    });
    this.#planned = true;
    return this.#start(plan);
  }

  #start(plan: IntakePlan): Running {
    const store = intakeStore(this.ctx.storage);
    const models = intakeModels(store);
    const clock = this.#clock;
    const place = this.#place();
    let devices = devicesOf(plan);
    let topics = topicMapOf(plan);
    const pipeline = openPipeline({
      store,
      models,
      clock,
      unit: this.#unitPort(),
      plan,
      part: place.part,
      onProgress: () => mqtt.resume(),
      onSaved: () => mqtt.checkpoint(),
      wanted: { keepFrom: () => mqtt.keepFrom(), wants: (index, entry) => mqtt.wants(index, entry) },
      onPlan: (next) => {
        devices = devicesOf(next);
        topics = topicMapOf(next);
        mqtt.replanned();
      },
    });
    const mqtt = openMqtt(
      {
        store,
        clock,
        rules: {
          unit: place.unit,
          knows: (device) => devices.has(device),
          get open() {
            return pipeline.plan().openAccess;
          },
          newId: uuidv7,
          carriedBy: (topic, speaker) => {
            const mapped = mappedBy(topic, topics, speaker);
            if (mapped === null || !isRefusal(mapped)) return mapped;
            // To the broker it is a message like any other; that it is nobody's telemetry is shown.
            const device = speaker === "anybody" ? "unknown" : speaker.device;
            refuseMessage(pipeline.fold.tracks(), { device, payload: new TextEncoder().encode(topic), arrivedAt: Date.now() }, mapped);
            return null;
          },
          quota: () => true,
          keepAliveMsMax: KEEP_ALIVE_MS_MAX,
          receiveMax: RECEIVE_MAX,
        },
        ackWithinMs: () => pipeline.plan().scenario.ackWithinMs,
        admit: (user, password) => this.#admit(user, password),
        head: pipeline.head(),
        hasRoom: pipeline.hasRoom,
        appended: pipeline.appended,
        committed: () => {
          clock.wakeBy(Date.now() + CHECKPOINT_MS);
          pipeline.workSoon();
        },
        refused: (speaker, rule) => {
          const device = speaker === null || speaker === "anybody" ? "unknown" : speaker.device;
          refuseMessage(
            pipeline.fold.tracks(),
            { device, payload: new Uint8Array(0), arrivedAt: Date.now() },
            refuse("malformed", rule, "the connection was closed: see the rule"),
          );
        },
        failed: (error) => {
          console.error("a group could not be written; this object begins again", error);
          this.ctx.abort("a group could not be written");
        },
      },
      this.ctx.getWebSockets(),
    );
    this.#running = { store, models, pipeline, warm: openWarmth(models), mqtt, devices: () => devices };
    // What a crash left undone is taken up at once, by an event of its own.
    if (!pipeline.isIdle()) clock.wakeBy(Date.now());
    return this.#running;
  }

  async #admit(user: string, password: string): Promise<Speaker | Reason> {
    const running = this.#running;
    const device = await this.#unitPort().admitDevice(user, password);
    if (isRefusal(device)) return device.refused === "unavailable" ? REASON.serverUnavailable : REASON.badUserNameOrPassword;
    // It may have been added a moment ago.
    if (running !== null && !running.devices().has(device.id)) this.#planned = false;
    if (running !== null) await this.#replan(running);
    return { device: device.id };
  }

  /** Loads the plan, unless that was done. A unit that can't be asked leaves the stored one in force. */
  async #replan(running: Running): Promise<void> {
    if (this.#planned) return;
    try {
      const plan = await this.#unitPort().intakePlan();
      if (isRefusal(plan)) return;
      this.#planned = true;
      running.pipeline.replan(plan);
    } catch (error) {
      console.warn("the plan could not be loaded; the one in store holds", error);
    }
  }

  #wakeBy(at: number): void {
    if (this.#armedAt !== null && this.#armedAt <= at) return;
    this.#armedAt = at;
    void this.ctx.storage.setAlarm(at);
  }

  #unitPort(): UnitForIntake {
    const { tenant, unit } = this.#place();
    this.#unit ??= unitStub(this.env.UNIT.getByName(unitObject(tenant as TenantId, unit as UnitId)));
    return this.#unit;
  }

  #place(): Place {
    // An alarm after a restart may wake the object without its name.
    const read = readObjectName(this.ctx.id.name ?? intakeStore(this.ctx.storage).getMeta("name") ?? "");
    if (read === null) throw new Error("an Intake is named {tenant}/{unit}/intake-{part}");
    return { tenant: read.tenant, unit: read.unit, part: Number(read.part.replace("intake-", "")) };
  }
}

function devicesOf(plan: IntakePlan): ReadonlySet<string> {
  return new Set(plan.devices.map((device) => device.id));
}
