CREATE TABLE `compared` (
	`token` text PRIMARY KEY NOT NULL,
	`at` integer NOT NULL,
	`apart` text NOT NULL
);
