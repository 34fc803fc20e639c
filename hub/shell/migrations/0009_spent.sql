CREATE TABLE `spent` (
	`hub_seq` integer PRIMARY KEY NOT NULL,
	`origin` text NOT NULL,
	`seq` integer NOT NULL,
	`tag` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `spent_seq` ON `spent` (`origin`,`seq`);