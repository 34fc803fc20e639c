/**
 * The command line: every verb with its options, in one table. What a verb does is in `cli/`, loaded when it is called.
 * Results go to standard output, progress to standard error; exit 2 for bad usage, 1 for a failed job.
 */
import { Command, CommanderError, Option } from "commander";
import { DeviceId, EngineerId, ProfileId, UnitId } from "../contracts/ids.ts";
import type { Where } from "./cli/api.ts";
import type { AdaptOptions } from "./cli/adapt.ts";
import type { BenchOptions } from "./cli/bench.ts";
import type { Chaos } from "./cli/chaos.ts";
import type { Conformance } from "./cli/conformance.ts";
import type { ContractCheck } from "./cli/contract.ts";
import type { Demo } from "./cli/demo.ts";
import type { Deploy } from "./cli/deploy.ts";
import type { DeviceAdd, DeviceTypes } from "./cli/device.ts";
import type { EngineerAdd } from "./cli/engineer.ts";
import type { GatewayVerb } from "./cli/gateway.ts";
import type { RosterPropose } from "./cli/roster.ts";
import type { LinkAdd } from "./cli/link.ts";
import type { AgreementImport } from "./cli/agreement.ts";
import type { KnowledgeImport } from "./cli/knowledge.ts";
import type { MasterImport } from "./cli/master.ts";
import type { ModelAsked, ModelOptions, ModelPut, ModelRelease } from "./cli/model.ts";
import type { PlanOptions } from "./cli/plan.ts";
import type { Replay } from "./cli/replay.ts";
import type { Serve } from "./cli/serve.ts";
import type { SimulateDispatch } from "./cli/simulate-dispatch.ts";
import type { SimulateSync } from "./cli/simulate.ts";
import type { SimulateUnit } from "./cli/simulate-unit.ts";
import type { TokenAdd } from "./cli/token.ts";
import type { UnitFit } from "./cli/fit.ts";
import type { UnitCreate, UnitJoin } from "./cli/unit.ts";
import {
  parseAmount,
  parseCount,
  parseDegrees,
  parseLinkRole,
  parseName,
  parsePort,
  parseRange,
  parseRole,
  parseSeconds,
  parseSeed,
  parseSkills,
  parseUnits,
} from "./cli/option.ts";
import { EXIT_USAGE, exitCodeOf } from "./cli/outcome.ts";
import { parseProfile, parseRouter } from "./cli/router-option.ts";

const HTTP_PORT = 8787;
const MQTT_PORT = 1883;
const MQTTS_PORT = 8883;

const outpost = new Command("outpost")
  .description("Autonomous field-service units at the edge: from a sample to an engineer who accepted.")
  .showHelpAfterError(false)
  .enablePositionalOptions();

const port = () => new Option("--port <port>", "HTTP port; 0 takes any free one").argParser(parsePort).default(HTTP_PORT);
const mqttPort = () => new Option("--mqtt-port <port>", "MQTT port; 0 takes any free one").argParser(parsePort).default(MQTT_PORT);
const data = () => new Option("--data <folder>", "data folder").default(".outpost");
const json = () => new Option("--json", "print one JSON object as the last line").default(false);
const unit = () => new Option("--unit <unit>", "the unit").argParser(parseName(UnitId)).makeOptionMandatory();

/** Which server to ask: one elsewhere, or the one that runs on the data folder. */
function asking(command: Command): Command {
  return command
    .addOption(data())
    .addOption(new Option("--server <url>", "a server elsewhere, instead of the data folder").env("OUTPOST_SERVER").argParser(parseUrl))
    .addOption(new Option("--token <token>", "an administrator's token for --server; better set in the environment").env("OUTPOST_TOKEN"))
    .addOption(json());
}

outpost
  .command("demo")
  .description("Run everything on this machine: servers, a simulated fleet, engineers, a WMS and a CRM, on a fresh data folder.")
  .addOption(port())
  .addOption(mqttPort())
  .option("--once", "end after one fault has become an accepted ticket whose changes reached the CRM", false)
  .addOption(json())
  .option("--model <file>", "an ONNX model to use instead of the template's")
  .option("--lan", "listen on all interfaces, so that a real phone can open the links", false)
  .action(async (options: Demo) => (await import("./cli/demo.ts")).demo(options));

outpost
  .command("serve")
  .description("Serve real devices. State lives in the data folder and survives restarts.")
  .addOption(port())
  .addOption(mqttPort())
  .addOption(data())
  .option("--host <address>", "address to listen on (default: all interfaces, over plain HTTP)")
  .option("--open-access", "let MQTT clients in without credentials; listens on loopback only", false)
  .action(async (options: Serve) => (await import("./cli/serve.ts")).serve(options));

outpost
  .command("gateway")
  .description("Carry a site's MQTT clients to their unit elsewhere, over one WebSocket; keep what they send on disk while it is away.")
  .addOption(new Option("--uplink <url>", "the server of the unit").env("OUTPOST_SERVER").argParser(parseUrl).makeOptionMandatory())
  .addOption(
    new Option("--unit <units>", "the unit, or several with commas between; user names without `unit/` are of the first")
      .argParser(parseUnits)
      .makeOptionMandatory(),
  )
  .option("--host <address>", "address to listen on (default: all interfaces)")
  .addOption(mqttPort())
  .option("--no-tcp", "TLS only")
  .addOption(new Option("--tls-port <port>", "MQTT port over TLS; 0 takes any free one").argParser(parsePort).default(MQTTS_PORT))
  .option("--tls-cert <file>", "this gateway's certificate and its chain, PEM; read again when it is replaced")
  .option("--tls-key <file>", "its key")
  .option("--client-ca <file>", "whose certificates of clients count, PEM")
  .option("--identities <file>", "for whom they speak, JSON: { common name or SHA-256 fingerprint: { user, password } }")
  .option("--require-certificate", "over TLS no client signs in by password alone", false)
  .option("--queue <folder>", "take over what known clients publish at QoS 1 and 2 while the unit is away")
  .addOption(new Option("--queue-mb <megabytes>", "at most so much of it (default: 256)").argParser(parseCount))
  .addOption(new Option("--token <token>", "this gateway's token; better set in the environment").env("OUTPOST_GATEWAY_TOKEN"))
  .option("--per-client", "one WebSocket for each client, for units that take no links", false)
  .action(async (options: GatewayVerb) => (await import("./cli/gateway.ts")).gateway(options));

outpost
  .command("build")
  .description("Build the pages and the Workers, where their sources changed.")
  .action(async () => (await import("./cli/build.ts")).buildAll());

const device = outpost.command("device").description("Devices of a unit.");
asking(device.command("add").description("Let a device in: prints its credentials once, with code that is ready to paste."))
  .argument("<id>", "device id", parseName(DeviceId))
  .addOption(unit())
  .addOption(new Option("--profile <profile>", "device profile of the scenario").argParser(parseName(ProfileId)))
  .option("--asset <asset>", "the asset it speaks for; made when absent")
  .option("--name <name>", "what people call it")
  .action(async (id: string, options: DeviceAdd) => (await import("./cli/device.ts")).addDevice(id, options));

asking(device.command("types").description("A profile's channels as a TypeScript module, for the SDK's typed link."))
  .addOption(unit())
  .addOption(new Option("--profile <profile>", "device profile of the scenario; the first when left out").argParser(parseName(ProfileId)))
  .action(async (options: DeviceTypes) => (await import("./cli/device.ts")).printTypes(options));

outpost
  .command("adapt")
  .description("Bring what speaks no MQTT of ours to a unit: a Modbus TCP server, an OPC UA server, another MQTT broker. Runs until it is ended.")
  .argument("<kind>", "modbus, opcua or broker")
  .argument("<config>", "JSON, as devices/adapters/README.md has it")
  .addOption(new Option("--unit <unit>", "the unit").argParser(parseName(UnitId)))
  .addOption(new Option("--url <url>", "where its devices connect").default(`mqtt://127.0.0.1:${MQTT_PORT}`))
  .addOption(
    new Option("--password <password>", "of devices whose password is not in the configuration; better set in the environment").env("OUTPOST_DEVICE_PASSWORD"),
  )
  .option("--keep <folder>", "where what the unit has not got yet is kept, and certificates", ".outpost/adapters")
  .option("--browse", "modbus, opcua: look through the server and print a profile and bindings to begin with; only reads", false)
  .action(async (kind: string, config: string, options: AdaptOptions) => (await import("./cli/adapt.ts")).adapt(kind, config, options));

const engineer = outpost.command("engineer").description("Engineers of a unit.");
asking(engineer.command("add").description("Add an engineer who can be sent, always on shift: prints a link for their phone."))
  .argument("<id>", "engineer", parseName(EngineerId))
  .addOption(unit())
  .option("--name <name>", "what people call them")
  .addOption(new Option("--skills <skills>", "with commas between; all that the unit's faults ask for when left out").argParser(parseSkills))
  .addOption(new Option("--lat <degrees>", "latitude of where they start from; the site when left out").argParser(parseDegrees(90)))
  .addOption(new Option("--lon <degrees>", "longitude of it").argParser(parseDegrees(180)))
  .option("--locatable", "they agreed to be located while on shift", false)
  .action(async (id: string, options: EngineerAdd) => (await import("./cli/engineer.ts")).addEngineer(id, options));

const link = outpost.command("link").description("Links to the pages.");
asking(link.command("add").description("Make a link to the board, to an engineer's phone or to the hub's page; it opens once, within a day."))
  .addOption(
    new Option("--role <role>", "operations, dispatcher or engineer; with --hub operations or integrator").argParser(parseLinkRole).makeOptionMandatory(),
  )
  .addOption(new Option("--unit <unit>", "the unit").argParser(parseName(UnitId)))
  .option("--hub", "to the hub's page instead of a unit's", false)
  .option("--subject <subject>", "whose it is; for an engineer the engineer's id")
  .action(async (options: LinkAdd) => (await import("./cli/link.ts")).addLink(options));

const token = outpost.command("token").description("Tokens of people and programs.");
asking(token.command("add").description("Make a token; printed once."))
  .addOption(new Option("--role <role>", "operations, dispatcher, engineer, integrator or unit").argParser(parseRole).makeOptionMandatory())
  .addOption(unit())
  .option("--subject <subject>", "whose it is; for an engineer the engineer's id")
  .action(async (options: TokenAdd) => (await import("./cli/token.ts")).addToken(options));

const roster = outpost.command("roster").description("Rosters: who is on duty when.");
asking(roster.command("propose").description("The coming weeks' gaps of a unit, and shifts that would close them within working-time rules."))
  .addOption(unit())
  .addOption(new Option("--days <days>", "from tomorrow on, at most 28").argParser(parseCount).default(14))
  .option("--accept", "take the shifts that are proposed: dispatch goes by them", false)
  .action(async (options: RosterPropose) => (await import("./cli/roster.ts")).proposeRoster(options));

const units = outpost.command("unit").description("Units.");
asking(units.command("create").description("Make a unit from a template."))
  .argument("<id>", "unit", parseName(UnitId))
  .requiredOption("--template <template>", "the template, for example pump-vibration")
  .addOption(new Option("--wms <url>", "the WMS that reserves its parts").argParser(parseUrl))
  .addOption(
    new Option("--travel <server>", "osrm=URL or valhalla=URL: the routing server that says how long ways take; by the great circle otherwise").argParser(
      parseRouter,
    ),
  )
  .addOption(new Option("--travel-profile <profile>", "OSRM's profile or Valhalla's costing; driving and auto when nothing is said").argParser(parseProfile))
  .option("--traffic", "the routing server's answers differ by the hour: they are kept by the time of day", false)
  .action(async (id: string, options: UnitCreate) => (await import("./cli/unit.ts")).createUnit(id, options));
asking(units.command("join").description("Let a unit sync with a hub elsewhere, over a WebSocket that it opens."))
  .argument("<id>", "unit", parseName(UnitId))
  .addOption(new Option("--hub <url>", "the hub's address").argParser(parseUrl).makeOptionMandatory())
  .addOption(new Option("--hub-token <token>", "the unit's token at that hub; better set in the environment").env("OUTPOST_HUB_TOKEN"))
  .action(async (id: string, options: UnitJoin) => (await import("./cli/unit.ts")).joinUnit(id, options));
asking(units.command("fit").description("What healthy machines of a unit reach, by channel, beside what counts now."))
  .argument("<id>", "unit", parseName(UnitId))
  .option("--profile <profile>", "whose machines", "pump")
  .option("--apply", "have it count: the unit runs another version of its scenario then", false)
  .action(async (id: string, options: UnitFit) => (await import("./cli/fit.ts")).fitUnit(id, options));
units
  .command("deploy")
  .description("Deploy a unit as a Worker of its own to Cloudflare.")
  .argument("<id>", "unit", parseName(UnitId))
  .option("--dry-run", "bundle and check, deploy nothing", false)
  .addOption(json())
  .action(async (id: string, options: Deploy) => (await import("./cli/deploy.ts")).deploy(id, options));

asking(outpost.command("tail").description("Follow what devices say, with the contract's verdict of each field."))
  .argument("<unit>", "unit", parseName(UnitId))
  .argument("[device]", "one device", parseName(DeviceId))
  .addOption(new Option("--count <n>", "end after that many messages").argParser(parseCount))
  .action(async (id: string, one: string | undefined, options: Where & { readonly json: boolean; readonly count?: number }) =>
    (await import("./cli/tail.ts")).tail({ ...options, unit: id, ...(one === undefined ? {} : { device: one }) }),
  );

outpost
  .command("replay")
  .description("Play recordings through the very ingest and verdict path, in virtual time.")
  .requiredOption("--data <folder>", "folder with CSV files")
  .requiredOption("--template <template>", "the template whose model and rules judge")
  .option("--out <file>", "where the CSV goes; standard output otherwise")
  .option("--model <file>", "an ONNX model to use instead of the template's")
  .addOption(json())
  .action(async (options: Replay) => (await import("./cli/replay.ts")).replay(options));

outpost
  .command("plan")
  .description("Solve a dispatch problem in VROOM's JSON format: who goes where, when. Prints VROOM's output.")
  .argument("<file>", "the problem; - for standard input")
  .addOption(new Option("--seconds <seconds>", "processor time for solving; 1 when nothing is said").argParser(parseSeconds))
  .addOption(new Option("--iterations <count>", "so many, and the same plan each time").argParser(parseCount))
  .addOption(new Option("--seed <number>", "another one, another search").argParser(parseSeed).default(1))
  .addOption(
    new Option("--router <server>", "osrm=URL or valhalla=URL: asked how long the ways between the coordinates take; by the great circle otherwise").argParser(
      parseRouter,
    ),
  )
  .addOption(json())
  .action(async (file: string, options: PlanOptions) => (await import("./cli/plan.ts")).plan(file, options));

const contract = outpost.command("contract").description("Contracts between units, hub and consumers.");
contract
  .command("check")
  .description("Whether readers of one schema read all that the other allowed, and what changed. Exits 1 when they don't.")
  .argument("[old]", "file with the old JSON Schema or contract")
  .argument("[new]", "file with the new one")
  .option("--mode <mode>", "BACKWARD, FORWARD or FULL, each also with _TRANSITIVE, or NONE", "BACKWARD")
  .option("--batch <file>", "one { id, mode, old, new } a line, answered a line each; - for standard input")
  .action(async (old: string | undefined, next: string | undefined, options: ContractCheck) =>
    (await import("./cli/contract.ts")).checkContracts(old, next, options),
  );

const knowledge = outpost.command("knowledge").description("What is known of machines and their faults.");
asking(
  knowledge
    .command("import")
    .description(
      "Teach a unit: components, fault modes, symptoms, procedures and parts, as JSON. Taken whole, or every fault is named; the same again changes nothing.",
    ),
)
  .argument("<file>", "the document, as contracts/knowledge.ts has it")
  .addOption(unit())
  .option("--dry-run", "say what would happen, and write nothing", false)
  .action(async (file: string, options: KnowledgeImport) => (await import("./cli/knowledge.ts")).importKnowledge(file, options));

const agreement = outpost.command("agreement").description("What customers are entitled to.");
asking(
  agreement
    .command("import")
    .description(
      "Bring agreements and their calendars to a unit, as JSON. Taken whole, or every fault is named with its line; jobs that are not done are promised again.",
    ),
)
  .argument("<file>", "the document, as contracts/agreement-document.ts has it")
  .addOption(unit())
  .option("--dry-run", "say what would happen, and write nothing", false)
  .action(async (file: string, options: AgreementImport) => (await import("./cli/agreement.ts")).importAgreements(file, options));

const master = outpost.command("master").description("Customers, machines and engineers as other systems hold them.");
asking(
  master.command("import").description("Bring a table in, as CSV or a JSON list. The same file again changes nothing, and goes on where it was cut short."),
)
  .argument("<file>", "the table")
  .addOption(new Option("--family <family>", "what its rows are").choices(["customer", "asset", "engineer"]).makeOptionMandatory())
  .requiredOption("--mapping <file>", "JSON: which column means which attribute")
  .addOption(new Option("--units <units>", "units that shall see the entities, with commas between").argParser(parseUnits).default([]))
  .option("--dry-run", "say what would happen, and write nothing", false)
  .option("--auto-merge", "a row that is surely one known entity becomes it; otherwise a person decides", false)
  .option("--no-match", "look for nobody: take the rows as they are")
  .option("--encoding <name>", "of a CSV that is not UTF-8, such as gb18030", "utf-8")
  .option("--rejects <file>", "where refused rows go; beside the table otherwise")
  .action(async (file: string, options: MasterImport) => (await import("./cli/master.ts")).importMaster(file, options));

const model = outpost.command("model").description("Models: at the hub, and how they fare in units.");
const unitsOption = () => new Option("--units <units>", "with commas between; all that have the profile when left out").argParser(parseUnits);
const canary = () => new Option("--canary <share>", "share of the machines that a canary runs on, such as 0.1").argParser(parseAmount(0.001, 1));
asking(model.command("put").description("Keep an ONNX file with its card at the hub, by its SHA-256. Whatever does not fit is refused with its field."))
  .argument("<file>", "the ONNX file")
  .option("--card <file>", "its card, as contracts/model.ts has it; FILE with .json when left out")
  .action(async (file: string, options: ModelPut) => (await import("./cli/model.ts")).putModel(file, options));
asking(model.command("list").description("The models that the hub keeps.")).action(async (options: ModelOptions) =>
  (await import("./cli/model.ts")).listModels(options),
);
asking(model.command("show").description("One model with its card and its releases."))
  .argument("<hash>", "its SHA-256, or how it begins")
  .action(async (hash: string, options: ModelOptions) => (await import("./cli/model.ts")).showModel(hash, options));
asking(
  model
    .command("release")
    .description(
      "Offer a model to a profile of units. Each tries it as a shadow, and lets it go as far as is wanted once it is better on the unit's own jobs.",
    ),
)
  .argument("<hash>", "its SHA-256, or how it begins")
  .addOption(new Option("--profile <profile>", "device profile of the scenarios").argParser(parseName(ProfileId)).makeOptionMandatory())
  .addOption(unitsOption())
  .addOption(new Option("--wanted <stage>", "how far it may go by itself; shadow, or canary with --canary").choices(["shadow", "canary", "live"]))
  .addOption(canary())
  .option("--name <name>", "of the release; made of model and profile when left out")
  .option("--why <words>", "kept with it")
  .action(async (hash: string, options: ModelRelease) => (await import("./cli/model.ts")).releaseModel(hash, options));
for (const [verb, type, about] of [
  ["promote", "promote", "One stage further, where it is proven: a shadow becomes a canary, a canary live. What is not proven says why."],
  ["rollback", "roll-back", "The way back: a canary is none any more; where it is live, the model before it is live again."],
  ["stop", "stop", "Try it no more, and let no other unit begin it. Where it is live it stays."],
] as const)
  asking(model.command(verb).description(about))
    .argument("<release>", "the release")
    .addOption(unitsOption())
    .addOption(canary())
    .option("--why <words>", "kept with it")
    .action(async (release: string, options: ModelAsked) => (await import("./cli/model.ts")).askOfRelease(release, type, options));
asking(model.command("status").description("Where a release stands in each unit, and how the model fares; without a name all releases."))
  .argument("[release]", "the release")
  .action(async (release: string | undefined, options: ModelOptions) => (await import("./cli/model.ts")).showStatus(release, options));

const simulate = outpost.command("simulate").description("Seeded worlds in virtual time.");
simulate
  .command("sync")
  .description("Units, hub and CRM over a network with faults, crashes, restores and wrong clocks: checks what the delta protocol promises.")
  .addOption(new Option("--seeds <range>", "first and last seed; 1..100 when nothing is said").argParser(parseRange))
  .addOption(new Option("--operations <count>", "seed after seed, until so many operations were written").argParser(parseCount))
  .addOption(new Option("--jobs <processes>", "processes that share the work; as many as there are cores when nothing is said").argParser(parseCount))
  .option("--mutants", "see whether it finds planted bugs, each a patch of one shipped file", false)
  .addOption(json())
  .action(async (options: SimulateSync) => (await import("./cli/simulate.ts")).simulateSync(options));

simulate
  .command("unit")
  .description("A whole unit with its fleet and its engineers, by the very stages that a served unit runs. The same arguments give the same digest.")
  .requiredOption("--template <template>", "the template, for example pump-vibration")
  .addOption(new Option("--devices <count>", "machines, each a sample a second").argParser(parseCount).default(100))
  .addOption(new Option("--hours <hours>", "virtual hours").argParser(parseAmount(0.01, 1_000)).default(1))
  .addOption(new Option("--seed <seed>", "chooses faults, networks and people").argParser(parseCount).default(1))
  .addOption(
    new Option("--faults-per-day <rate>", "faults that begin per device and day; a pump in a plant has 0.01 or so, here a day has to tell something")
      .argParser(parseAmount(0, 10_000))
      .default(0.3),
  )
  .addOption(
    new Option("--people <distribution>", "how fast engineers answer, as published for pages").choices(["direct-pages", "all-pages"]).default("direct-pages"),
  )
  .addOption(json())
  .action(async (options: SimulateUnit) => (await import("./cli/simulate-unit.ts")).simulateUnit(options));

simulate
  .command("dispatch")
  .description(
    "Days of dispatching under arrivals, declines, overruns and an absence, by a unit's own code, beside the nearest idle engineer in the same towns.",
  )
  .addOption(new Option("--seeds <range>", "first and last day; 101..120 when nothing is said").argParser(parseRange))
  .addOption(new Option("--policy <policy>", "outpost, compared with nearest; or nearest alone").choices(["outpost", "nearest"]).default("outpost"))
  .addOption(new Option("--jobs <processes>", "processes that share the work; as many as there are cores when nothing is said").argParser(parseCount))
  .addOption(json())
  .action(async (options: SimulateDispatch) => (await import("./cli/simulate-dispatch.ts")).simulateDispatch(options));

outpost
  .command("bench")
  .description(
    "Benchmarks: ingest, mqtt, neighbours, silent, verdict, drift, identity, knowledge, wire, merge, sync, swap, insert, plan, planner and accept; without a name all of them.",
  )
  .argument("[name]", "one of them")
  .addOption(new Option("--days <count>", "asset-days: of healthy machines; 1,000 when nothing is said").argParser(parseCount))
  .addOption(new Option("--faults <count>", "asset-days: faults that are injected; 120 when nothing is said").argParser(parseCount))
  .addOption(new Option("--seed <number>", "asset-days: another than the reported one").argParser(parseCount))
  .option("--bounds", "asset-days: bounds alone, at a tenth of the cost")
  .addOption(new Option("--devices <count>", "accept: machines of the fleet; 500 when nothing is said").argParser(parseCount))
  .option("--data <folder>", "verdict: a folder with skab and pronostia below it; beside this repository when nothing is said")
  .addOption(
    new Option("--only <sections>", "verdict, mqtt: some of its sections or cases, with commas between them").argParser((text: string) =>
      text.split(",").map((one) => one.trim()),
    ),
  )
  .option("--load <name>", "accept: what else the unit has to do in the second half, to be compared: boards or planner")
  .addOption(json())
  .action(async (name: string | undefined, options: BenchOptions) => (await import("./cli/bench.ts")).bench(name, options));

outpost
  .command("conformance")
  .description("Public MQTT suites, laid in a folder, against this broker with open access, and against mosquitto where it is installed.")
  .option("--paho <folder>", "Eclipse Paho's paho.mqtt.testing, or its folder interoperability")
  .option("--mosquitto <folder>", "mosquitto's source, whose broker tests are run as far as they need no configuration file")
  .option("--only <words>", "tests whose suite and name contain this")
  .option("--no-peer", "leave mosquitto out")
  .addOption(json())
  .action(async (options: Conformance) => (await import("./cli/conformance.ts")).conformance(options));

const chaos = outpost.command("chaos").description("Faults injected into a real server on a folder of its own; what its clients were promised is counted.");
chaos
  .command("kill")
  .description("kill -9 of the server and of its workerd while devices speak: what was acknowledged must be there, once.")
  .addOption(new Option("--rounds <count>", "how often it dies").argParser(parseCount).default(10))
  .addOption(new Option("--seed <number>", "chooses the instants").argParser(parseSeed).default(1))
  .addOption(json())
  .action(async (options: Chaos) => (await import("./cli/chaos.ts")).kill(options));
chaos
  .command("network")
  .description("A tenth of the packets is lost, a tenth doubled, a tenth late, and connections break: what was acknowledged must be there, once.")
  .addOption(new Option("--rounds <count>", "of two seconds each").argParser(parseCount).default(10))
  .addOption(new Option("--seed <number>", "chooses the faults").argParser(parseSeed).default(1))
  .addOption(json())
  .action(async (options: Chaos) => (await import("./cli/chaos.ts")).network(options));

function parseUrl(text: string): string {
  if (!URL.canParse(text)) throw new CommanderError(EXIT_USAGE, "outpost.url", `error: '${text}' is not an address; it begins with http:// or https://`);
  return text;
}

/** Commander says what is wrong in one line and would exit 1. */
function exitLikeUs(command: Command): void {
  command.exitOverride();
  command.configureOutput({ outputError: (text, write) => write(text.replace(/\n\(Did you mean (.*)\?\)\n?$/, " (did you mean $1?)\n")) });
  for (const inner of command.commands) exitLikeUs(inner);
}
exitLikeUs(outpost);

try {
  await outpost.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    if (error.code === "outpost.url") process.stderr.write(`${error.message}\n`);
    process.exitCode = error.exitCode === 0 ? 0 : EXIT_USAGE;
  } else {
    process.stderr.write(`outpost: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = exitCodeOf(error);
  }
}
