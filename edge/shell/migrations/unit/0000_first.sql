CREATE TABLE `ask` (
	`key` text PRIMARY KEY NOT NULL,
	`body` text NOT NULL,
	`attempts` integer NOT NULL,
	`next_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `credential` (
	`device` text PRIMARY KEY NOT NULL,
	`hash` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `dead_letter` (
	`stream` text NOT NULL,
	`seq` integer NOT NULL,
	`reason` text NOT NULL,
	`body` text NOT NULL,
	PRIMARY KEY(`stream`, `seq`)
);
--> statement-breakpoint
CREATE TABLE `decision` (
	`id` text PRIMARY KEY NOT NULL,
	`at` integer NOT NULL,
	`step` text NOT NULL,
	`subject` text NOT NULL,
	`hub_calls` integer NOT NULL,
	`body` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `decision_by_subject` ON `decision` (`subject`);--> statement-breakpoint
CREATE TABLE `entity` (
	`family` text NOT NULL,
	`id` text NOT NULL,
	`state` text,
	`asset` text,
	`ticket` text,
	`engineer` text,
	`body` text NOT NULL,
	PRIMARY KEY(`family`, `id`)
);
--> statement-breakpoint
CREATE INDEX `entity_by_state` ON `entity` (`family`,`state`);--> statement-breakpoint
CREATE INDEX `entity_by_asset` ON `entity` (`family`,`asset`);--> statement-breakpoint
CREATE INDEX `entity_by_ticket` ON `entity` (`family`,`ticket`);--> statement-breakpoint
CREATE INDEX `entity_by_engineer` ON `entity` (`family`,`engineer`);--> statement-breakpoint
CREATE TABLE `meta` (
	`key` text PRIMARY KEY NOT NULL,
	`value` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `operation` (
	`stream` text NOT NULL,
	`seq` integer NOT NULL,
	`at` integer NOT NULL,
	`body` text NOT NULL,
	PRIMARY KEY(`stream`, `seq`)
);
--> statement-breakpoint
CREATE TABLE `secret` (
	`hash` text PRIMARY KEY NOT NULL,
	`kind` text NOT NULL,
	`role` text NOT NULL,
	`subject` text NOT NULL,
	`expires_at` integer
);
--> statement-breakpoint
CREATE TABLE `slice` (
	`slice` integer PRIMARY KEY NOT NULL,
	`through` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `stream` (
	`name` text PRIMARY KEY NOT NULL,
	`last` integer NOT NULL,
	`through` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `timer` (
	`key` text PRIMARY KEY NOT NULL,
	`at` integer NOT NULL,
	`due` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `timer_by_at` ON `timer` (`at`,`key`);