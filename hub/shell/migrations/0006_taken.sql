ALTER TABLE `taken` ADD `at` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `taken` ADD `about` text DEFAULT '' NOT NULL;--> statement-breakpoint
CREATE INDEX `taken_at` ON `taken` (`at`);