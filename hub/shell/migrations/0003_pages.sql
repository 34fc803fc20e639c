CREATE TABLE `receipt` (
	`unit` text NOT NULL,
	`away_at` integer NOT NULL,
	`summary` text NOT NULL,
	PRIMARY KEY(`unit`, `away_at`)
);
--> statement-breakpoint
CREATE TABLE `visit` (
	`hash` text PRIMARY KEY NOT NULL,
	`kind` text NOT NULL,
	`role` text NOT NULL,
	`subject` text NOT NULL,
	`until` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `word` (
	`unit` text PRIMARY KEY NOT NULL,
	`at` integer NOT NULL,
	`verified` text
);
--> statement-breakpoint
ALTER TABLE `consumer` ADD `delay_ms` integer;