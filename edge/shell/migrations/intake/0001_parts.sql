CREATE TABLE `plan` (
	`part` integer PRIMARY KEY NOT NULL,
	`bytes` blob NOT NULL
);
--> statement-breakpoint
INSERT INTO `plan` (`part`, `bytes`) SELECT 0, CAST(`value` AS BLOB) FROM `meta` WHERE `key` = 'plan';
--> statement-breakpoint
DELETE FROM `meta` WHERE `key` = 'plan';
--> statement-breakpoint
CREATE TABLE `__new_track` (
	`slice` integer NOT NULL,
	`part` integer NOT NULL,
	`bytes` blob NOT NULL,
	PRIMARY KEY(`slice`, `part`)
);
--> statement-breakpoint
INSERT INTO `__new_track` (`slice`, `part`, `bytes`) SELECT `slice`, 0, `bytes` FROM `track`;
--> statement-breakpoint
DROP TABLE `track`;
--> statement-breakpoint
ALTER TABLE `__new_track` RENAME TO `track`;
--> statement-breakpoint
ALTER TABLE `retained` ADD `device` text DEFAULT '' NOT NULL;
