CREATE TABLE `session` (
	`key` text PRIMARY KEY NOT NULL,
	`bytes` blob NOT NULL
) WITHOUT ROWID;
--> statement-breakpoint
ALTER TABLE `retained` ADD `expires_at` integer;
