CREATE TABLE `upgrade` (
	`subject` text NOT NULL,
	`major` integer NOT NULL,
	`from_major` integer NOT NULL,
	`position` integer NOT NULL,
	`after` text,
	PRIMARY KEY(`subject`, `major`)
);
