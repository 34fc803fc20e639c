CREATE TABLE `base` (
	`entity` text NOT NULL,
	`id` text NOT NULL,
	`stream` text NOT NULL,
	`at` integer NOT NULL,
	`record` text NOT NULL,
	PRIMARY KEY(`entity`, `id`)
);
--> statement-breakpoint
CREATE INDEX `base_by_stream` ON `base` (`stream`);--> statement-breakpoint
CREATE TABLE `inbox` (
	`stream` text PRIMARY KEY NOT NULL,
	`epoch` integer NOT NULL,
	`cursor` text,
	`repair` text,
	`loaded` text NOT NULL,
	`start` text,
	`rewrites` integer NOT NULL,
	`seen` text
);
--> statement-breakpoint
CREATE TABLE `outbox` (
	`origin` text NOT NULL,
	`stream` text NOT NULL,
	`first` integer NOT NULL,
	`last` integer NOT NULL,
	`through` integer NOT NULL,
	`stable` integer NOT NULL,
	`acknowledged_at` integer,
	PRIMARY KEY(`origin`, `stream`)
);
--> statement-breakpoint
INSERT INTO `outbox` SELECT (SELECT `value` FROM `meta` WHERE `key` = 'unit') || '@' || (SELECT `value` FROM `meta` WHERE `key` = 'incarnation'), `name`, coalesce((SELECT min(`seq`) FROM `operation` WHERE `operation`.`stream` = `stream`.`name`), `last` + 1), `last`, `through`, 0, NULL FROM `stream`;--> statement-breakpoint
DROP TABLE `stream`;--> statement-breakpoint
CREATE TABLE `__new_operation` (
	`origin` text NOT NULL,
	`stream` text NOT NULL,
	`seq` integer NOT NULL,
	`at` integer NOT NULL,
	`entity` text NOT NULL,
	`id` text NOT NULL,
	`body` text NOT NULL,
	PRIMARY KEY(`origin`, `stream`, `seq`)
);
--> statement-breakpoint
INSERT INTO `__new_operation` SELECT json_extract(`body`, '$.origin'), `stream`, `seq`, `at`, json_extract(`body`, '$.entity'), json_extract(`body`, '$.id'), `body` FROM `operation`;--> statement-breakpoint
DROP TABLE `operation`;--> statement-breakpoint
ALTER TABLE `__new_operation` RENAME TO `operation`;--> statement-breakpoint
CREATE INDEX `operation_on` ON `operation` (`entity`,`id`);--> statement-breakpoint
CREATE TABLE `__new_dead_letter` (
	`origin` text NOT NULL,
	`stream` text NOT NULL,
	`seq` integer NOT NULL,
	`reason` text NOT NULL,
	`at` integer NOT NULL,
	PRIMARY KEY(`origin`, `stream`, `seq`)
);
--> statement-breakpoint
INSERT INTO `__new_dead_letter` SELECT json_extract(`body`, '$.origin'), `stream`, `seq`, `reason`, json_extract(`body`, '$.at') FROM `dead_letter` WHERE json_valid(`body`);--> statement-breakpoint
DROP TABLE `dead_letter`;--> statement-breakpoint
ALTER TABLE `__new_dead_letter` RENAME TO `dead_letter`;--> statement-breakpoint
CREATE TABLE `subject_key` (
	`subject` text PRIMARY KEY NOT NULL,
	`key` text
);
