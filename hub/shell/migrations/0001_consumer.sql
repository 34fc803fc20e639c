CREATE TABLE `consumer` (
	`token` text PRIMARY KEY NOT NULL,
	`unit` text NOT NULL,
	`position` integer NOT NULL,
	`at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `log_origin` ON `log` (`origin`);