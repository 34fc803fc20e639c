CREATE TABLE `answer` (
	`connector` text NOT NULL,
	`path` text NOT NULL,
	`status` integer NOT NULL,
	`body` text NOT NULL,
	`at` integer NOT NULL,
	PRIMARY KEY(`connector`, `path`)
);
--> statement-breakpoint
CREATE INDEX `answer_age` ON `answer` (`connector`,`at`);--> statement-breakpoint
CREATE TABLE `connector` (
	`id` text PRIMARY KEY NOT NULL,
	`kind` text NOT NULL,
	`url` text NOT NULL,
	`secret_ref` text NOT NULL,
	`breaker` text NOT NULL,
	`calls` integer NOT NULL,
	`bad` integer NOT NULL,
	`timeouts` integer NOT NULL,
	`stale` integer NOT NULL,
	`next_at` integer NOT NULL,
	`took_ms` integer,
	`last_ok_at` integer,
	`last_error` text,
	`made_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `consumer` (
	`id` text PRIMARY KEY NOT NULL,
	`owner` text NOT NULL,
	`unit` text NOT NULL,
	`filter` text NOT NULL,
	`cursor` text NOT NULL,
	`committed_at` integer,
	`made_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `dead` (
	`n` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`endpoint` text NOT NULL,
	`before` text NOT NULL,
	`stream` text NOT NULL,
	`epoch` integer NOT NULL,
	`hub_seq` integer NOT NULL,
	`type` text NOT NULL,
	`subject` text NOT NULL,
	`reason` text NOT NULL,
	`at` integer NOT NULL,
	`again` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `dead_endpoint` ON `dead` (`endpoint`,`n`);--> statement-breakpoint
CREATE INDEX `dead_again` ON `dead` (`endpoint`) WHERE again = 1;--> statement-breakpoint
CREATE TABLE `endpoint` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`url` text NOT NULL,
	`owner` text NOT NULL,
	`unit` text NOT NULL,
	`filter` text NOT NULL,
	`types` text NOT NULL,
	`payload` text NOT NULL,
	`cursor` text NOT NULL,
	`revision` integer NOT NULL,
	`state` text NOT NULL,
	`why` text NOT NULL,
	`failures` integer NOT NULL,
	`vain` integer NOT NULL,
	`next_at` integer NOT NULL,
	`resyncs` integer NOT NULL,
	`delivered` integer NOT NULL,
	`took_ms` integer NOT NULL,
	`delay_ms` integer,
	`last_ok_at` integer,
	`last_error` text,
	`made_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `queued` (
	`n` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`connector` text NOT NULL,
	`key` text NOT NULL,
	`method` text NOT NULL,
	`path` text NOT NULL,
	`body` text,
	`at` integer NOT NULL,
	`answers` integer NOT NULL,
	`dead` text
);
--> statement-breakpoint
CREATE INDEX `queued_connector` ON `queued` (`connector`,`n`);--> statement-breakpoint
CREATE INDEX `queued_key` ON `queued` (`connector`,`key`);--> statement-breakpoint
CREATE TABLE `secret` (
	`n` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`endpoint` text NOT NULL,
	`secret` text NOT NULL,
	`until` integer
);
--> statement-breakpoint
CREATE INDEX `secret_endpoint` ON `secret` (`endpoint`);