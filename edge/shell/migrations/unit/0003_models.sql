CREATE TABLE `model_binding` (
	`profile` text PRIMARY KEY NOT NULL,
	`body` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `model_card` (
	`hash` text PRIMARY KEY NOT NULL,
	`at` integer NOT NULL,
	`body` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `shadow_episode` (
	`model` text NOT NULL,
	`device` text NOT NULL,
	`since` integer NOT NULL,
	`profile` text NOT NULL,
	`asset` text NOT NULL,
	`cleared_at` integer,
	`peak` real NOT NULL,
	PRIMARY KEY(`model`, `device`, `since`)
);
--> statement-breakpoint
CREATE INDEX `shadow_episode_of` ON `shadow_episode` (`profile`,`model`);