CREATE TABLE `bridge` (
	`id` text PRIMARY KEY NOT NULL,
	`subject` text NOT NULL,
	`document` text NOT NULL,
	`by` text NOT NULL,
	`at` integer NOT NULL,
	`why` text NOT NULL,
	`published` text,
	`published_by` text,
	`published_at` integer,
	`published_why` text
);
--> statement-breakpoint
CREATE TABLE `draft` (
	`id` text PRIMARY KEY NOT NULL,
	`subject` text NOT NULL,
	`major` integer NOT NULL,
	`fingerprint` text NOT NULL,
	`schema` text NOT NULL,
	`lens` text,
	`by` text NOT NULL,
	`at` integer NOT NULL,
	`why` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `mode` (
	`n` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`subject` text NOT NULL,
	`mode` text NOT NULL,
	`by` text NOT NULL,
	`at` integer NOT NULL,
	`why` text NOT NULL
);
--> statement-breakpoint
CREATE INDEX `mode_subject` ON `mode` (`subject`);--> statement-breakpoint
CREATE TABLE `scan` (
	`n` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`at` integer NOT NULL,
	`report` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `scenario` (
	`unit` text PRIMARY KEY NOT NULL,
	`document` text NOT NULL,
	`at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `setting` (
	`key` text PRIMARY KEY NOT NULL,
	`value` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `speaks` (
	`unit` text NOT NULL,
	`subject` text NOT NULL,
	`major` integer NOT NULL,
	`revision` integer NOT NULL,
	`fingerprint` text NOT NULL,
	`at` integer NOT NULL,
	PRIMARY KEY(`unit`, `subject`)
);
--> statement-breakpoint
CREATE TABLE `unknown` (
	`id` text PRIMARY KEY NOT NULL,
	`unit` text NOT NULL,
	`subject` text NOT NULL,
	`field` text NOT NULL,
	`count` integer NOT NULL,
	`first_at` integer NOT NULL,
	`last_at` integer NOT NULL,
	`types` text NOT NULL,
	`samples` text NOT NULL,
	`draft` text
);
--> statement-breakpoint
CREATE INDEX `unknown_last` ON `unknown` (`last_at`);--> statement-breakpoint
CREATE TABLE `use` (
	`subject` text NOT NULL,
	`field` text NOT NULL,
	`count` integer NOT NULL,
	`first_at` integer NOT NULL,
	`last_at` integer NOT NULL,
	PRIMARY KEY(`subject`, `field`)
);
--> statement-breakpoint
CREATE TABLE `version` (
	`subject` text NOT NULL,
	`major` integer NOT NULL,
	`revision` integer NOT NULL,
	`fingerprint` text NOT NULL,
	`schema` text NOT NULL,
	`lens` text,
	`made_by` text NOT NULL,
	`made_at` integer NOT NULL,
	`made_why` text NOT NULL,
	`retired_by` text,
	`retired_at` integer,
	`retired_why` text,
	PRIMARY KEY(`subject`, `major`, `revision`)
);
--> statement-breakpoint
CREATE INDEX `version_fingerprint` ON `version` (`fingerprint`);