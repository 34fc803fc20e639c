CREATE TABLE `alias` (
	`family` text NOT NULL,
	`from` text NOT NULL,
	`to` text NOT NULL,
	`merge` text NOT NULL,
	PRIMARY KEY(`family`, `from`)
);
--> statement-breakpoint
CREATE INDEX `alias_to` ON `alias` (`family`,`to`);--> statement-breakpoint
CREATE INDEX `alias_merge` ON `alias` (`merge`);--> statement-breakpoint
CREATE TABLE `apart` (
	`family` text NOT NULL,
	`pair` text NOT NULL,
	`by` text NOT NULL,
	`at` integer NOT NULL,
	`why` text NOT NULL,
	PRIMARY KEY(`family`, `pair`)
);
--> statement-breakpoint
CREATE TABLE `merge` (
	`id` text PRIMARY KEY NOT NULL,
	`kind` text NOT NULL,
	`family` text NOT NULL,
	`review` text,
	`run` text,
	`survivor` text NOT NULL,
	`state` text NOT NULL,
	`by` text NOT NULL,
	`at` integer NOT NULL,
	`why` text NOT NULL,
	`position` integer NOT NULL,
	`members` text NOT NULL,
	`values` text NOT NULL,
	`refs` text NOT NULL,
	`after` text,
	`undo_by` text,
	`undo_at` integer,
	`undo_why` text
);
--> statement-breakpoint
CREATE INDEX `merge_state` ON `merge` (`state`);--> statement-breakpoint
CREATE INDEX `merge_run` ON `merge` (`run`,`survivor`);--> statement-breakpoint
CREATE TABLE `reject` (
	`run` text NOT NULL,
	`n` integer NOT NULL,
	`text` text NOT NULL,
	PRIMARY KEY(`run`, `n`)
);
--> statement-breakpoint
CREATE TABLE `review` (
	`id` text PRIMARY KEY NOT NULL,
	`family` text NOT NULL,
	`a` text NOT NULL,
	`b` text NOT NULL,
	`score` real NOT NULL,
	`evidence` text NOT NULL,
	`run` text NOT NULL,
	`at` integer NOT NULL,
	`state` text NOT NULL,
	`by` text,
	`decided_at` integer,
	`why` text
);
--> statement-breakpoint
CREATE UNIQUE INDEX `review_pair` ON `review` (`family`,`a`,`b`);--> statement-breakpoint
CREATE INDEX `review_state` ON `review` (`state`,`id`);--> statement-breakpoint
CREATE TABLE `run` (
	`id` text PRIMARY KEY NOT NULL,
	`fingerprint` text NOT NULL,
	`family` text NOT NULL,
	`file_name` text NOT NULL,
	`by` text NOT NULL,
	`at` integer NOT NULL,
	`ended_at` integer,
	`state` text NOT NULL,
	`auto_merge` integer NOT NULL,
	`units` text NOT NULL,
	`counts` text NOT NULL,
	`written` integer NOT NULL,
	`overruled` integer NOT NULL,
	`failed` integer NOT NULL,
	`rejects_until` integer
);
--> statement-breakpoint
CREATE INDEX `run_fingerprint` ON `run` (`fingerprint`);