CREATE TABLE `log` (
	`n` integer PRIMARY KEY NOT NULL,
	`count` integer NOT NULL,
	`at` integer NOT NULL,
	`bytes` blob NOT NULL
);
--> statement-breakpoint
CREATE TABLE `meta` (
	`key` text PRIMARY KEY NOT NULL,
	`value` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `model` (
	`hash` text NOT NULL,
	`part` integer NOT NULL,
	`bytes` blob NOT NULL,
	PRIMARY KEY(`hash`, `part`)
);
--> statement-breakpoint
CREATE TABLE `retained` (
	`topic` text PRIMARY KEY NOT NULL,
	`qos` integer NOT NULL,
	`payload` blob NOT NULL,
	`properties` blob NOT NULL
);
--> statement-breakpoint
CREATE TABLE `trace` (
	`device` text NOT NULL,
	`from_at` integer NOT NULL,
	`to_at` integer NOT NULL,
	`bytes` blob NOT NULL,
	PRIMARY KEY(`device`, `from_at`)
);
--> statement-breakpoint
CREATE INDEX `trace_by_end` ON `trace` (`to_at`);--> statement-breakpoint
CREATE TABLE `track` (
	`slice` integer PRIMARY KEY NOT NULL,
	`bytes` blob NOT NULL
);
--> statement-breakpoint
CREATE TABLE `transition` (
	`seq` integer PRIMARY KEY NOT NULL,
	`body` text NOT NULL
);
