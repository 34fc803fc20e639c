CREATE TABLE `model` (
	`hash` text PRIMARY KEY NOT NULL,
	`card` text NOT NULL,
	`held` integer NOT NULL,
	`by` text NOT NULL,
	`at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `part` (
	`hash` text NOT NULL,
	`n` integer NOT NULL,
	`hex` text NOT NULL,
	PRIMARY KEY(`hash`, `n`)
);
--> statement-breakpoint
CREATE TABLE `release` (
	`id` text PRIMARY KEY NOT NULL,
	`at` integer NOT NULL,
	`body` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `told` (
	`unit` text NOT NULL,
	`release` text NOT NULL,
	`at` integer NOT NULL,
	`body` text NOT NULL,
	PRIMARY KEY(`unit`, `release`)
);
--> statement-breakpoint
CREATE TABLE `unit` (
	`unit` text PRIMARY KEY NOT NULL,
	`at` integer NOT NULL,
	`body` text NOT NULL
);
