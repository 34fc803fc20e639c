CREATE TABLE `audience` (
	`unit` text NOT NULL,
	`hub_seq` integer NOT NULL,
	PRIMARY KEY(`unit`, `hub_seq`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `dead` (
	`hub_seq` integer PRIMARY KEY NOT NULL,
	`origin` text NOT NULL,
	`seq` integer NOT NULL,
	`entity` text NOT NULL,
	`id` text NOT NULL,
	`reason` text NOT NULL,
	`buried` text NOT NULL,
	`state` text NOT NULL,
	`blocks` integer NOT NULL,
	`at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `dead_open` ON `dead` (`origin`,`entity`,`id`) WHERE state = 'open';--> statement-breakpoint
CREATE TABLE `form` (
	`subject` text NOT NULL,
	`major` integer NOT NULL,
	`fingerprint` text NOT NULL,
	`document` text NOT NULL,
	`lens` text,
	`published` integer NOT NULL,
	PRIMARY KEY(`subject`, `major`, `fingerprint`)
);
--> statement-breakpoint
CREATE TABLE `hold` (
	`id` text PRIMARY KEY NOT NULL,
	`position` integer NOT NULL,
	`until` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `member` (
	`unit` text NOT NULL,
	`entity` text NOT NULL,
	`id` text NOT NULL,
	PRIMARY KEY(`unit`, `entity`, `id`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `replica` (
	`unit` text PRIMARY KEY NOT NULL,
	`applied` integer NOT NULL,
	`at` integer NOT NULL,
	`expelled` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `subject_key` (
	`subject` text PRIMARY KEY NOT NULL,
	`key` text
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `taken` (
	`key` text PRIMARY KEY NOT NULL,
	`hub_seq` integer NOT NULL
) WITHOUT ROWID;
--> statement-breakpoint
DROP INDEX `log_origin`;--> statement-breakpoint
DROP INDEX `log_dead`;--> statement-breakpoint
ALTER TABLE `log` ADD `entity` text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `log` ADD `id` text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `log` ADD `hash` text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `log` ADD `joins` text DEFAULT '[]' NOT NULL;--> statement-breakpoint
UPDATE `log` SET `entity` = coalesce(json_extract(`operation`, '$.entity'), ''), `id` = coalesce(json_extract(`operation`, '$.id'), '');--> statement-breakpoint
CREATE INDEX `log_seq` ON `log` (`origin`,`seq`);--> statement-breakpoint
CREATE INDEX `log_entity` ON `log` (`entity`,`id`);--> statement-breakpoint
ALTER TABLE `entity` ADD `units` text DEFAULT '[]' NOT NULL;--> statement-breakpoint
ALTER TABLE `entity` ADD `at` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `entity` ADD `digest` text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `entity` ADD `value_digest` text;--> statement-breakpoint
ALTER TABLE `entity` ADD `deleted` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
UPDATE `entity` SET `deleted` = json_extract(`record`, '$.deleted') IS NOT NULL,
	`at` = coalesce((SELECT max(l.`hub_seq`) FROM `log` l WHERE l.`entity` = `entity`.`entity` AND l.`id` = `entity`.`id` AND l.`outcome` = 'applied'), 0),
	`units` = (SELECT json_group_array(`unit`) FROM (SELECT DISTINCT l.`unit` FROM `log` l WHERE l.`entity` = `entity`.`entity` AND l.`id` = `entity`.`id` AND l.`outcome` <> 'dead' ORDER BY l.`hub_seq`));--> statement-breakpoint
INSERT INTO `member` SELECT DISTINCT l.`unit`, l.`entity`, l.`id` FROM `log` l JOIN `entity` e ON e.`entity` = l.`entity` AND e.`id` = l.`id` WHERE l.`outcome` <> 'dead';--> statement-breakpoint
CREATE INDEX `entity_deleted` ON `entity` (`at`) WHERE deleted = 1;--> statement-breakpoint
ALTER TABLE `entity` DROP COLUMN `version`;--> statement-breakpoint
ALTER TABLE `origin` ADD `admitted` text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `origin` ADD `stable` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `origin` ADD `dead` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `origin` DROP COLUMN `writes`;--> statement-breakpoint
ALTER TABLE `stream` ADD `hash` text DEFAULT '0000000000000000000000000000000000000000000000000000000000000000' NOT NULL;--> statement-breakpoint
ALTER TABLE `stream` ADD `horizon` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `stream` ADD `horizon_hash` text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `stream` ADD `stable` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `stream` ADD `collected` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `stream` ADD `restores` text DEFAULT '[]' NOT NULL;--> statement-breakpoint
UPDATE `log` SET `hash` = '0000000000000000000000000000000000000000000000000000000000000000' WHERE `hub_seq` = (SELECT `head` FROM `stream` WHERE `id` = 1);