/** Names of things, branded so that one can't stand in for another. Parsed once, at the door. */
import { z } from "zod";

/** A name that people choose: lower case, safe in URLs, topics and object names. */
const SLUG = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
/** A name that other systems choose: what an asset tag or a serial number needs, and no topic or path separator. */
const TAG = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
/** A name that Outpost makes: UUIDv7, a digest, or an id derived from what it stands for. */
const MADE = /^[A-Za-z0-9][A-Za-z0-9._@:-]{0,127}$/;

const slugRule = "use 1 to 63 lower-case letters, digits and hyphens, with no hyphen at either end";
const tagRule = "use 1 to 64 letters, digits, dots, underscores and hyphens, beginning with a letter or digit";

const slug = () => z.string().regex(SLUG, slugRule);
const tag = () => z.string().regex(TAG, tagRule);
const made = () => z.string().regex(MADE);

export const TenantId = slug().brand<"TenantId">();
export const UnitId = slug().brand<"UnitId">();
export const DeviceId = tag().brand<"DeviceId">();
export const AssetId = tag().brand<"AssetId">();
export const CustomerId = tag().brand<"CustomerId">();
export const EngineerId = tag().brand<"EngineerId">();
export const ChannelId = z
  .string()
  .regex(/^[a-z][a-z0-9]*(?:\.[a-z0-9]+)*$/)
  .max(64)
  .brand<"ChannelId">();
export const ProfileId = slug().brand<"ProfileId">();
export const FaultModeId = slug().brand<"FaultModeId">();
export const PartId = tag().brand<"PartId">();
export const SkillId = slug().brand<"SkillId">();
export const ComponentId = tag().brand<"ComponentId">();
export const SymptomId = slug().brand<"SymptomId">();
export const ProcedureId = slug().brand<"ProcedureId">();
export const ChecklistId = slug().brand<"ChecklistId">();
export const ToolId = tag().brand<"ToolId">();
export const DepotId = tag().brand<"DepotId">();
export const MovementId = made().brand<"MovementId">();
export const EpisodeId = made().brand<"EpisodeId">();
export const AlarmId = made().brand<"AlarmId">();
export const TicketId = made().brand<"TicketId">();
export const OfferId = made().brand<"OfferId">();
export const KitId = made().brand<"KitId">();
export const RepairId = made().brand<"RepairId">();
export const SuppressionId = made().brand<"SuppressionId">();
export const AgreementId = tag().brand<"AgreementId">();
export const CalendarId = tag().brand<"CalendarId">();
export const DecisionId = made().brand<"DecisionId">();
export const ModelHash = z
  .string()
  .regex(/^[0-9a-f]{64}$/, "use the SHA-256 of the file, 64 hexadecimal digits")
  .brand<"ModelHash">();

export type TenantId = z.infer<typeof TenantId>;
export type UnitId = z.infer<typeof UnitId>;
export type DeviceId = z.infer<typeof DeviceId>;
export type AssetId = z.infer<typeof AssetId>;
export type CustomerId = z.infer<typeof CustomerId>;
export type EngineerId = z.infer<typeof EngineerId>;
export type ChannelId = z.infer<typeof ChannelId>;
export type ProfileId = z.infer<typeof ProfileId>;
export type FaultModeId = z.infer<typeof FaultModeId>;
export type PartId = z.infer<typeof PartId>;
export type SkillId = z.infer<typeof SkillId>;
export type ComponentId = z.infer<typeof ComponentId>;
export type SymptomId = z.infer<typeof SymptomId>;
export type ProcedureId = z.infer<typeof ProcedureId>;
export type ChecklistId = z.infer<typeof ChecklistId>;
export type ToolId = z.infer<typeof ToolId>;
export type DepotId = z.infer<typeof DepotId>;
export type MovementId = z.infer<typeof MovementId>;
export type EpisodeId = z.infer<typeof EpisodeId>;
export type AlarmId = z.infer<typeof AlarmId>;
export type TicketId = z.infer<typeof TicketId>;
export type OfferId = z.infer<typeof OfferId>;
export type KitId = z.infer<typeof KitId>;
export type RepairId = z.infer<typeof RepairId>;
export type SuppressionId = z.infer<typeof SuppressionId>;
export type AgreementId = z.infer<typeof AgreementId>;
export type CalendarId = z.infer<typeof CalendarId>;
export type DecisionId = z.infer<typeof DecisionId>;
export type ModelHash = z.infer<typeof ModelHash>;

/** Makes a new id; an argument wherever one is needed, so that a run can be replayed. The shell passes UUIDv7. */
export type NewId = () => string;
