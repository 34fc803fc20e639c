CREATE TABLE `contract` (
	`fingerprint` text PRIMARY KEY NOT NULL,
	`subject` text NOT NULL,
	`version` integer NOT NULL,
	`schema` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `entity` (
	`entity` text NOT NULL,
	`id` text NOT NULL,
	`version` integer NOT NULL,
	`record` text NOT NULL,
	PRIMARY KEY(`entity`, `id`)
);
--> statement-breakpoint
CREATE TABLE `log` (
	`hub_seq` integer PRIMARY KEY NOT NULL,
	`origin` text NOT NULL,
	`seq` integer NOT NULL,
	`unit` text NOT NULL,
	`outcome` text NOT NULL,
	`operation` text NOT NULL,
	`written` text
);
--> statement-breakpoint
CREATE INDEX `log_dead` ON `log` (`origin`,`seq`) WHERE outcome = 'dead';--> statement-breakpoint
CREATE TABLE `origin` (
	`origin` text PRIMARY KEY NOT NULL,
	`unit` text NOT NULL,
	`key_hash` text NOT NULL,
	`writes` text NOT NULL,
	`through` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `speaks` (
	`unit` text NOT NULL,
	`subject` text NOT NULL,
	`fingerprint` text NOT NULL,
	`origin` text NOT NULL,
	PRIMARY KEY(`unit`, `subject`)
);
--> statement-breakpoint
CREATE TABLE `stream` (
	`id` integer PRIMARY KEY NOT NULL,
	`epoch` integer NOT NULL,
	`head` integer NOT NULL,
	`clock` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `token` (
	`hash` text PRIMARY KEY NOT NULL,
	`role` text NOT NULL,
	`subject` text NOT NULL,
	`unit` text,
	`made_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `unit` (
	`unit` text PRIMARY KEY NOT NULL,
	`key_hash` text NOT NULL,
	`opened` integer NOT NULL
);
