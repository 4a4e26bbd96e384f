-- +goose Up

-- Identifiers are handed out in blocks.
create sequence ticket_ids;
create sequence message_ids;
create sequence delivery_ids;
create sequence citizen_ids;
create sequence contact_ids;
create sequence attachment_ids;
create sequence clock_ids;
create sequence event_ids;
create sequence ledger_ids;
create sequence agent_ids;
create sequence department_ids;
create sequence category_ids;
create sequence token_ids;
create sequence mailbox_ids;

create table departments (
	id bigint primary key,
	code text not null,
	names text not null,
	email text not null default '',
	digest boolean not null default false,
	intake boolean not null default false,
	disabled boolean not null default false,
	version bigint not null
);
create unique index departments_code on departments (code);

create table categories (
	id bigint primary key,
	code text not null,
	names text not null,
	department_id bigint not null,
	on_call boolean not null default false,
	profile text not null default '',
	resolve_days smallint not null default 0,
	proof text not null default '',
	by_default boolean not null default false,
	disabled boolean not null default false,
	version bigint not null
);
create unique index categories_code on categories (code);

create table agents (
	id bigint primary key,
	email text not null,
	name text not null default '',
	role text not null,
	departments text not null default '',
	password_hash text not null default '',
	language text not null default '',
	theme text not null default '',
	single_keys boolean not null default false,
	disabled boolean not null default false,
	created_at timestamptz not null,
	last_seen_at timestamptz,
	version bigint not null
);
create unique index agents_email on agents (email);

-- sessions: hash is the SHA-256 of a browser's token
create table sessions (
	hash bytea primary key,
	agent_id bigint not null,
	data bytea,
	created_at timestamptz not null,
	seen_at timestamptz not null,
	expires_at timestamptz not null,
	ip text not null default '',
	browser text not null default ''
);
create index sessions_agent on sessions (agent_id, seen_at);
create index sessions_expiry on sessions (expires_at);

create table tokens (
	id bigint primary key,
	hash bytea not null,
	name text not null default '',
	agent_id bigint not null,
	system boolean not null default false,
	rights text not null default '',
	created_at timestamptz not null,
	expires_at timestamptz,
	revoked_at timestamptz,
	last_used_at timestamptz
);
create unique index tokens_hash on tokens (hash);
create index tokens_agent on tokens (agent_id);

-- passes: invitations and password resets; hash is the SHA-256 of the secret
create table passes (
	hash bytea primary key,
	purpose text not null,
	agent_id bigint not null,
	expires_at timestamptz not null,
	used_at timestamptz
);
create index passes_expiry on passes (expires_at);

-- citizens: label is what lists show: the name, else an address. into_id is whom they were joined into, stays_id who stayed in the end
create table citizens (
	id bigint primary key,
	name text not null default '',
	label text not null default '',
	language text not null default '',
	preferred text not null default '',
	into_id bigint,
	stays_id bigint not null,
	created_at timestamptz not null,
	version bigint not null
);
create index citizens_stays on citizens (stays_id);

-- citizen_words: the folded words of names and addresses, for finding by any of them
create table citizen_words (
	word text collate "C" not null,
	citizen_id bigint not null,
	primary key (word, citizen_id)
);

-- contacts: digits and reversed hold a telephone number forwards and backwards, for finding by its beginning and its end
create table contacts (
	id bigint primary key,
	citizen_id bigint not null references citizens(id),
	kind text not null,
	address text collate "C" not null,
	digits text collate "C" not null default '',
	reversed text collate "C" not null default '',
	auto_sent text not null default '',
	undeliverable boolean not null default false
);
create unique index contacts_address on contacts (kind, address);
create index contacts_citizen on contacts (citizen_id);
create index contacts_digits on contacts (digits) where digits <> '';
create index contacts_reversed on contacts (reversed) where digits <> '';

-- tickets: state: 0 received, 1 open, 2 waiting, 3 resolved, 4 closed; below 3 is in work.
-- rank: 0 urgent … 3 low. due_at is the end of time when no clock runs. spam is 1 for tickets closed as spam.
-- last_in_id is the citizen's newest message. pauses, endings, parties and tags are lists.
create table tickets (
	id bigint primary key,
	ref text not null,
	subject text not null default '',
	state smallint not null check (state between 0 and 4),
	waiting text not null default '',
	code text not null default '',
	closing_note text not null default '',
	duplicate_of bigint,
	linked bigint,
	mentions text not null default '',
	rank smallint not null check (rank between 0 and 3),
	channel text not null,
	account text not null default '',
	category_id bigint not null default 0,
	department_id bigint not null,
	custody_at timestamptz,
	assignee_id bigint not null default 0,
	citizen_id bigint,
	reply_name text not null default '',
	reply_address text not null default '',
	parties text not null default '',
	address text not null default '',
	lat double precision not null default 0,
	lon double precision not null default 0,
	language text not null default '',
	tags text not null default '',
	episode smallint not null,
	endings text not null default '',
	tracking_epoch smallint not null default 0,
	receipt_owed smallint not null default 0,
	spam smallint not null default 0,
	received_at timestamptz not null,
	validated_at timestamptz,
	answered_at timestamptz,
	resolved_at timestamptz,
	closed_at timestamptz,
	created_at timestamptz not null,
	updated_at timestamptz not null,
	last_message_at timestamptz not null,
	last_in_at timestamptz,
	last_message_id bigint not null default 0,
	last_in_id bigint not null default 0,
	due_at timestamptz not null,
	check_at timestamptz,
	pauses text not null default '',
	version bigint not null,
	event_seq bigint not null default 0,
	event_hash bytea
);
create unique index tickets_ref on tickets (ref);
create index tickets_work_due on tickets (due_at, id) where state < 3;
create index tickets_work_department_due on tickets (department_id, due_at, id, state, assignee_id) where state < 3;
create index tickets_work_received on tickets (received_at, id) where state < 3;
create index tickets_work_department_received on tickets (department_id, received_at, id) where state < 3;
create index tickets_work_activity on tickets (last_message_at, id) where state < 3;
create index tickets_work_department_activity on tickets (department_id, last_message_at, id) where state < 3;
create index tickets_work_rank on tickets (rank, due_at, id) where state < 3;
create index tickets_work_department_rank on tickets (department_id, rank, due_at, id) where state < 3;
create index tickets_work_category on tickets (category_id, due_at, id) where state < 3;
create index tickets_work_assignee on tickets (assignee_id, due_at, id) where state < 3;
create index tickets_work_state on tickets (state, due_at, id) where state < 3;
create index tickets_done_due on tickets (due_at, id) where state >= 3 and spam = 0;
create index tickets_done_received on tickets (received_at, id) where state >= 3 and spam = 0;
create index tickets_done_activity on tickets (last_message_at, id) where state >= 3 and spam = 0;
create index tickets_done_rank on tickets (rank, due_at, id) where state >= 3 and spam = 0;
create index tickets_done_department_due on tickets (department_id, due_at, id) where state >= 3 and spam = 0;
create index tickets_done_department_received on tickets (department_id, received_at, id) where state >= 3 and spam = 0;
create index tickets_done_department_activity on tickets (department_id, last_message_at, id) where state >= 3 and spam = 0;
create index tickets_done_department_rank on tickets (department_id, rank, due_at, id) where state >= 3 and spam = 0;
create index tickets_done_category on tickets (category_id, received_at, id) where state >= 3 and spam = 0;
create index tickets_done_assignee on tickets (assignee_id, received_at, id) where state >= 3 and spam = 0;
create index tickets_spam on tickets (received_at, id) where spam = 1;
create index tickets_resolved on tickets (resolved_at, id) where state = 3;
create index tickets_citizen on tickets (citizen_id, id) where citizen_id is not null;
create index tickets_check on tickets (check_at, id) where check_at is not null;
create index tickets_owed on tickets (reply_address, id) where receipt_owed = 1;

-- ticket_held: departments that had custody before: they may still read the ticket
create table ticket_held (
	ticket_id bigint not null references tickets(id),
	department_id bigint not null,
	primary key (ticket_id, department_id)
);

create table ticket_tags (
	tag text not null,
	ticket_id bigint not null references tickets(id),
	primary key (tag, ticket_id)
);
create index ticket_tags_ticket on ticket_tags (ticket_id);

-- clocks: target is microseconds of calendar time
create table clocks (
	id bigint primary key,
	ticket_id bigint not null references tickets(id),
	episode smallint not null,
	kind text not null,
	state text not null,
	profile text not null default '',
	profile_version smallint not null default 0,
	calendar text not null default '',
	calendar_version smallint not null default 0,
	on_call boolean not null default false,
	target bigint not null,
	start_seq bigint not null default 0,
	started_at timestamptz,
	count_from timestamptz,
	due_at timestamptz,
	met_at timestamptz,
	breached_at timestamptz,
	warn_at timestamptz,
	ended_at timestamptz,
	end_code text not null default '',
	answer_id bigint not null default 0,
	charged_id bigint not null default 0
);
create index clocks_ticket on clocks (ticket_id, id);

-- messages: body is packed (storage/packed.go). raw_sha256 is null when it equals raw_key; header_hash stands for message_id_header in the index
create table messages (
	id bigint primary key,
	ticket_id bigint not null references tickets(id),
	episode smallint not null,
	direction text not null,
	channel text not null,
	kind text not null default '',
	auto boolean not null default false,
	actor text not null default '',
	author_name text not null default '',
	author_address text not null default '',
	recipients text not null default '',
	copies text not null default '',
	mark text not null default '',
	machine text not null default '',
	auth text not null default '',
	subject text not null default '',
	body bytea,
	fold_at bigint not null default 0,
	html_key bytea,
	language text not null default '',
	notes text not null default '',
	partial boolean not null default false,
	unreadable boolean not null default false,
	message_id_header text not null default '',
	header_hash bigint,
	raw_key bytea,
	raw_sha256 bytea,
	ledger_id bigint not null default 0,
	sent_at timestamptz,
	received_at timestamptz not null,
	created_at timestamptz not null,
	taken_back_at timestamptz
);
create index messages_ticket on messages (ticket_id, id);
create index messages_header on messages (header_hash) where header_hash is not null;
create index messages_raw on messages (raw_key) where raw_key is not null;
create index messages_sha256 on messages (raw_sha256) where raw_sha256 is not null;
create index messages_html on messages (html_key) where html_key is not null;

create table attachments (
	id bigint primary key,
	message_id bigint not null references messages(id),
	blob_key bytea,
	name text not null default '',
	content_type text not null default '',
	size bigint not null default 0,
	content_id text not null default '',
	inline boolean not null default false
);
create index attachments_message on attachments (message_id, id);
create index attachments_blob on attachments (blob_key) where blob_key is not null;

-- deliveries: body is packed (storage/packed.go). queue: 1 waits to be sent, 2 is with a courier, 0 neither.
-- kept is 1 until text and bytes are dropped after settling.
create table deliveries (
	id bigint primary key,
	ticket_id bigint,
	message_id bigint,
	purpose text not null,
	automatic smallint not null,
	channel text not null,
	account text not null default '',
	to_name text not null default '',
	to_address text not null default '',
	header_to text not null default '',
	header_cc text not null default '',
	to_staff boolean not null default false,
	language text not null default '',
	subject text not null default '',
	body bytea,
	files text not null default '',
	refs text not null default '',
	message_id_header text not null default '',
	envelope_id text not null default '',
	reply_to text not null default '',
	reference_ids text not null default '',
	state text not null,
	queue smallint not null check (queue between 0 and 2),
	send_after timestamptz not null,
	attempts smallint not null default 0,
	doubts smallint not null default 0,
	tried_at timestamptz,
	epoch bigint not null default 0,
	lease_until timestamptz,
	raw_key bytea,
	reply text not null default '',
	created_at timestamptz not null,
	accepted_at timestamptz,
	settled_at timestamptz,
	give_up_at timestamptz,
	kept smallint not null
);
create index deliveries_waiting on deliveries (channel, send_after, id) where queue = 1;
create index deliveries_leased on deliveries (channel, lease_until, id) where queue = 2;
create index deliveries_unsent on deliveries (state, id) where state <> 'sent';
create index deliveries_digest on deliveries (to_address, id) where purpose = 'digest' and state = 'pending';
create index deliveries_ticket on deliveries (ticket_id, id) where ticket_id is not null;
create index deliveries_message on deliveries (message_id, id) where message_id is not null;
create index deliveries_automatic on deliveries (accepted_at) where automatic = 1 and kept = 1 and accepted_at is not null;
create index deliveries_kept on deliveries (settled_at, id) where kept = 1 and settled_at is not null;
create index deliveries_blob on deliveries (raw_key) where raw_key is not null;

-- mailboxes: a source of contacts in one validity period
create table mailboxes (
	id bigint primary key,
	account text not null,
	folder text not null default '',
	uidvalidity bigint not null
);
create unique index mailboxes_source on mailboxes (account, folder, uidvalidity);

create table mailbox_health (
	account text primary key,
	state text not null,
	since timestamptz,
	detail text not null default '',
	last_success_at timestamptz,
	waiting bigint not null default 0,
	idle boolean not null default false,
	updated_at timestamptz not null
);

-- mailbox_starts: since when an account's mails are contacts
create table mailbox_starts (
	account text primary key,
	at timestamptz
);

-- ledger: the intake ledger. state: 0 received, 1 ticketed, 2 joined, 3 duplicate, 4 quarantined, 5 ignored.
-- raw_sha256 is null when it equals raw_key. marked is 1 once the source has been told. original is 1 for the first item of its content. The keys and terms are what searching compares.
create table ledger (
	id bigint primary key,
	mailbox_id bigint not null references mailboxes(id),
	uid bigint not null,
	incarnation smallint not null,
	channel text not null,
	raw_key bytea,
	raw_sha256 bytea,
	raw_size bigint not null default 0,
	content_key bytea,
	received_at timestamptz not null,
	oversize boolean not null default false,
	sender text not null default '',
	sender_key text collate "C" not null default '',
	subject text not null default '',
	subject_terms text not null default '',
	message_id_header text not null default '',
	header_key text collate "C" not null default '',
	state smallint not null check (state between 0 and 5),
	reason text not null default '',
	attempts smallint not null default 0,
	next_at timestamptz,
	lease_until timestamptz,
	last_error text not null default '',
	stored_at timestamptz not null,
	settled_at timestamptz,
	ticket_id bigint not null default 0,
	message_id bigint not null default 0,
	duplicate_of bigint not null default 0,
	original smallint not null,
	ignored_as text not null default '',
	marked smallint not null
);
create unique index ledger_source on ledger (mailbox_id, uid, incarnation);
create unique index ledger_content on ledger (content_key) where original = 1;
create index ledger_received on ledger (id) where state = 0;
create index ledger_unmarked on ledger (mailbox_id, id) where marked = 0;
create index ledger_odd on ledger (state, id) where state >= 3;
create index ledger_stored on ledger (stored_at, state, channel);
create index ledger_sender on ledger (sender_key, id) where sender_key <> '';
create index ledger_header on ledger (header_key, id) where header_key <> '';
create index ledger_raw on ledger (raw_key) where raw_key is not null;

-- events: append-only; ticket_id 0 is the chain of the installation. The hash of the event before is not stored twice
create table events (
	id bigint not null,
	ticket_id bigint not null,
	seq bigint not null,
	at timestamptz not null,
	actor text not null,
	kind text not null,
	data text not null,
	digest bytea,
	hash bytea not null
);
create unique index events_chain on events (ticket_id, seq);
create index events_at on events (at, id);

-- event_payloads: what is personal of an event, erasable without breaking the chain
create table event_payloads (
	event_id bigint primary key,
	payload text not null,
	salt text not null
);

create table seals (
	seq bigint primary key,
	at timestamptz not null,
	from_at timestamptz not null,
	to_at timestamptz not null,
	count bigint not null,
	root bytea not null,
	prev bytea,
	hash bytea not null
);

-- seen: up to which message an agent has seen a ticket
create table seen (
	agent_id bigint not null,
	ticket_id bigint not null references tickets(id),
	message_id bigint not null,
	primary key (agent_id, ticket_id)
);

-- reads: when an agent's opening of a ticket was last recorded
create table reads (
	agent_id bigint not null,
	ticket_id bigint not null,
	at timestamptz not null,
	primary key (agent_id, ticket_id)
);

create table drafts (
	agent_id bigint not null,
	ticket_id bigint not null,
	kind text not null,
	body text not null default '',
	saved_at timestamptz not null,
	primary key (agent_id, ticket_id, kind)
);

create table uploads (
	id text primary key,
	agent_id bigint not null,
	ticket_id bigint not null,
	kind text not null,
	blob_key bytea,
	name text not null default '',
	content_type text not null default '',
	size bigint not null default 0,
	content_id text not null default '',
	inline boolean not null default false,
	at timestamptz not null
);
create index uploads_draft on uploads (agent_id, ticket_id, kind);
create index uploads_at on uploads (at);
create index uploads_blob on uploads (blob_key);

-- once: results of requests that carried an idempotency key
create table once (
	caller text not null,
	key text not null,
	hash text not null,
	result text not null default '',
	at timestamptz not null,
	primary key (caller, key)
);
create index once_at on once (at);

-- gates: attempts counted under a key
create table gates (
	key text primary key,
	started_at timestamptz not null,
	ends_at timestamptz not null,
	n bigint not null
);
create index gates_end on gates (ends_at);

-- leases: one holder at a time; epoch fences the one before
create table leases (
	name text primary key,
	holder text not null default '',
	epoch bigint not null,
	expires_at timestamptz not null
);

-- rules: every version of profiles and calendars, as JSON; the default profile is of kind default
create table rules (
	kind text not null,
	name text not null,
	version bigint not null,
	body text not null,
	primary key (kind, name, version)
);

-- stamps: raised by changes that every process must notice
create table stamps (
	name text primary key,
	n bigint not null
);

-- search_docs: the folded words of what was said in a ticket, one row an addition.
create table search_docs (
	id bigint primary key,
	ticket_id bigint not null,
	words tsvector not null
);
create index search_docs_ticket on search_docs (ticket_id);
-- A short list of pending words: whoever fills it up sorts it in, and must not wait long.
create index search_docs_words on search_docs using gin (words) with (gin_pending_list_limit = 256);

-- Events are never changed nor removed, whoever asks.
-- +goose StatementBegin
create function refuse_change() returns trigger language plpgsql as $$
begin
	raise exception '% is append-only', tg_table_name;
end $$;
-- +goose StatementEnd
create trigger events_append_only before update or delete or truncate on events for each statement execute function refuse_change();
create trigger seals_append_only before update or delete or truncate on seals for each statement execute function refuse_change();

insert into stamps (name, n) values ('directory', 1);

-- +goose Down

drop table search_docs;
drop table stamps;
drop table rules;
drop table leases;
drop table gates;
drop table once;
drop table uploads;
drop table drafts;
drop table reads;
drop table seen;
drop table seals;
drop table event_payloads;
drop table events;
drop table ledger;
drop table mailbox_starts;
drop table mailbox_health;
drop table mailboxes;
drop table deliveries;
drop table attachments;
drop table messages;
drop table clocks;
drop table ticket_tags;
drop table ticket_held;
drop table tickets;
drop table contacts;
drop table citizen_words;
drop table citizens;
drop table passes;
drop table tokens;
drop table sessions;
drop table agents;
drop table categories;
drop table departments;
drop function refuse_change();
drop sequence ticket_ids;
drop sequence message_ids;
drop sequence delivery_ids;
drop sequence citizen_ids;
drop sequence contact_ids;
drop sequence attachment_ids;
drop sequence clock_ids;
drop sequence event_ids;
drop sequence ledger_ids;
drop sequence agent_ids;
drop sequence department_ids;
drop sequence category_ids;
drop sequence token_ids;
drop sequence mailbox_ids;
