CREATE TABLE `quality_baseline` (
	`subject` text NOT NULL,
	`path` text NOT NULL,
	`set_at` integer NOT NULL,
	`set_by` text NOT NULL,
	`why` text NOT NULL,
	`ordinary` real NOT NULL,
	`sketch` text NOT NULL,
	PRIMARY KEY(`subject`, `path`, `set_at`)
);
--> statement-breakpoint
CREATE TABLE `quality_mapping` (
	`bridge` text NOT NULL,
	`subject` text NOT NULL,
	`attr` text NOT NULL,
	`mapped` text NOT NULL,
	PRIMARY KEY(`bridge`, `subject`, `attr`)
);
--> statement-breakpoint
CREATE TABLE `quality_period` (
	`subject` text NOT NULL,
	`path` text NOT NULL,
	`span` text NOT NULL,
	`from_at` integer NOT NULL,
	`counts` text,
	`sketch` text,
	PRIMARY KEY(`subject`, `path`, `span`, `from_at`)
);
--> statement-breakpoint
CREATE INDEX `quality_period_age` ON `quality_period` (`span`,`from_at`);