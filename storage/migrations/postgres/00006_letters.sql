-- +goose Up

-- letter_texts: every version of a city's own text of a letter; the newest counts, an empty one is the shipped text again
create table letter_texts (
	language text not null,
	name text not null,
	version bigint not null,
	body text not null,
	agent_id bigint not null,
	at timestamptz not null,
	primary key (language, name, version)
);

-- +goose Down

drop table letter_texts;
