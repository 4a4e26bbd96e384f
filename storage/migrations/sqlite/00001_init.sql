-- +goose Up

-- Identifiers are handed out in blocks: the next number of each counter.
create table counters (
	name text not null primary key,
	next integer not null
) without rowid;

create table departments (
	id integer primary key,
	code text not null,
	names text not null,
	email text not null default '',
	digest boolean not null default false,
	intake boolean not null default false,
	disabled boolean not null default false,
	version integer not null
);
create unique index departments_code on departments (code);

create table categories (
	id integer primary key,
	code text not null,
	names text not null,
	department_id integer not null,
	on_call boolean not null default false,
	profile text not null default '',
	resolve_days integer not null default 0,
	proof text not null default '',
	by_default boolean not null default false,
	disabled boolean not null default false,
	version integer not null
);
create unique index categories_code on categories (code);

create table agents (
	id integer primary key,
	email text not null,
	name text not null default '',
	role text not null,
	departments text not null default '',
	password_hash text not null default '',
	language text not null default '',
	theme text not null default '',
	single_keys boolean not null default false,
	disabled boolean not null default false,
	created_at datetime not null,
	last_seen_at datetime,
	version integer not null
);
create unique index agents_email on agents (email);

-- sessions: hash is the SHA-256 of a browser's token
create table sessions (
	hash blob not null primary key,
	agent_id integer not null,
	data blob,
	created_at datetime not null,
	seen_at datetime not null,
	expires_at datetime not null,
	ip text not null default '',
	browser text not null default ''
);
create index sessions_agent on sessions (agent_id, seen_at);
create index sessions_expiry on sessions (expires_at);

create table tokens (
	id integer primary key,
	hash blob not null,
	name text not null default '',
	agent_id integer not null,
	system boolean not null default false,
	rights text not null default '',
	created_at datetime not null,
	expires_at datetime,
	revoked_at datetime,
	last_used_at datetime
);
create unique index tokens_hash on tokens (hash);
create index tokens_agent on tokens (agent_id);

-- passes: invitations and password resets; hash is the SHA-256 of the secret
create table passes (
	hash blob not null primary key,
	purpose text not null,
	agent_id integer not null,
	expires_at datetime not null,
	used_at datetime
);
create index passes_expiry on passes (expires_at);

-- citizens: label is what lists show: the name, else an address. into_id is whom they were joined into, stays_id who stayed in the end
create table citizens (
	id integer primary key,
	name text not null default '',
	label text not null default '',
	language text not null default '',
	preferred text not null default '',
	into_id integer,
	stays_id integer not null,
	created_at datetime not null,
	version integer not null
);
create index citizens_stays on citizens (stays_id);

-- citizen_words: the folded words of names and addresses, for finding by any of them
create table citizen_words (
	word text not null,
	citizen_id integer not null,
	primary key (word, citizen_id)
) without rowid;

-- contacts: digits and reversed hold a telephone number forwards and backwards, for finding by its beginning and its end
create table contacts (
	id integer primary key,
	citizen_id integer not null references citizens(id),
	kind text not null,
	address text not null,
	digits text not null default '',
	reversed text not null default '',
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
	id integer primary key,
	ref text not null,
	subject text not null default '',
	state integer not null check (state between 0 and 4),
	waiting text not null default '',
	code text not null default '',
	closing_note text not null default '',
	duplicate_of integer,
	linked integer,
	mentions text not null default '',
	rank integer not null check (rank between 0 and 3),
	channel text not null,
	account text not null default '',
	category_id integer not null default 0,
	department_id integer not null,
	custody_at datetime,
	assignee_id integer not null default 0,
	citizen_id integer,
	reply_name text not null default '',
	reply_address text not null default '',
	parties text not null default '',
	address text not null default '',
	lat real not null default 0,
	lon real not null default 0,
	language text not null default '',
	tags text not null default '',
	episode integer not null,
	endings text not null default '',
	tracking_epoch integer not null default 0,
	receipt_owed integer not null default 0,
	spam integer not null default 0,
	received_at datetime not null check (typeof(received_at) = 'integer'),
	validated_at datetime,
	answered_at datetime,
	resolved_at datetime,
	closed_at datetime,
	created_at datetime not null,
	updated_at datetime not null,
	last_message_at datetime not null check (typeof(last_message_at) = 'integer'),
	last_in_at datetime,
	last_message_id integer not null default 0,
	last_in_id integer not null default 0,
	due_at datetime not null check (typeof(due_at) = 'integer'),
	check_at datetime,
	pauses text not null default '',
	version integer not null,
	event_seq integer not null default 0,
	event_hash blob
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
	ticket_id integer not null references tickets(id),
	department_id integer not null,
	primary key (ticket_id, department_id)
) without rowid;

create table ticket_tags (
	tag text not null,
	ticket_id integer not null references tickets(id),
	primary key (tag, ticket_id)
) without rowid;
create index ticket_tags_ticket on ticket_tags (ticket_id);

-- clocks: target is microseconds of calendar time
create table clocks (
	id integer primary key,
	ticket_id integer not null references tickets(id),
	episode integer not null,
	kind text not null,
	state text not null,
	profile text not null default '',
	profile_version integer not null default 0,
	calendar text not null default '',
	calendar_version integer not null default 0,
	on_call boolean not null default false,
	target integer not null,
	start_seq integer not null default 0,
	started_at datetime,
	count_from datetime,
	due_at datetime,
	met_at datetime,
	breached_at datetime,
	warn_at datetime,
	ended_at datetime,
	end_code text not null default '',
	answer_id integer not null default 0,
	charged_id integer not null default 0
);
create index clocks_ticket on clocks (ticket_id, id);

-- messages: body is packed (storage/packed.go). raw_sha256 is null when it equals raw_key; header_hash stands for message_id_header in the index
create table messages (
	id integer primary key,
	ticket_id integer not null references tickets(id),
	episode integer not null,
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
	body blob,
	fold_at integer not null default 0,
	html_key blob,
	language text not null default '',
	notes text not null default '',
	partial boolean not null default false,
	unreadable boolean not null default false,
	message_id_header text not null default '',
	header_hash integer,
	raw_key blob,
	raw_sha256 blob,
	ledger_id integer not null default 0,
	sent_at datetime,
	received_at datetime not null,
	created_at datetime not null,
	taken_back_at datetime
);
create index messages_ticket on messages (ticket_id, id);
create index messages_header on messages (header_hash) where header_hash is not null;
create index messages_raw on messages (raw_key) where raw_key is not null;
create index messages_sha256 on messages (raw_sha256) where raw_sha256 is not null;
create index messages_html on messages (html_key) where html_key is not null;

create table attachments (
	id integer primary key,
	message_id integer not null references messages(id),
	blob_key blob,
	name text not null default '',
	content_type text not null default '',
	size integer not null default 0,
	content_id text not null default '',
	inline boolean not null default false
);
create index attachments_message on attachments (message_id, id);
create index attachments_blob on attachments (blob_key) where blob_key is not null;

-- deliveries: body is packed (storage/packed.go). queue: 1 waits to be sent, 2 is with a courier, 0 neither.
-- kept is 1 until text and bytes are dropped after settling.
create table deliveries (
	id integer primary key,
	ticket_id integer,
	message_id integer,
	purpose text not null,
	automatic integer not null,
	channel text not null,
	account text not null default '',
	to_name text not null default '',
	to_address text not null default '',
	header_to text not null default '',
	header_cc text not null default '',
	to_staff boolean not null default false,
	language text not null default '',
	subject text not null default '',
	body blob,
	files text not null default '',
	refs text not null default '',
	message_id_header text not null default '',
	envelope_id text not null default '',
	reply_to text not null default '',
	reference_ids text not null default '',
	state text not null,
	queue integer not null check (queue between 0 and 2),
	send_after datetime not null check (typeof(send_after) = 'integer'),
	attempts integer not null default 0,
	doubts integer not null default 0,
	tried_at datetime,
	epoch integer not null default 0,
	lease_until datetime,
	raw_key blob,
	reply text not null default '',
	created_at datetime not null,
	accepted_at datetime,
	settled_at datetime,
	give_up_at datetime,
	kept integer not null
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
	id integer primary key,
	account text not null,
	folder text not null default '',
	uidvalidity integer not null
);
create unique index mailboxes_source on mailboxes (account, folder, uidvalidity);

create table mailbox_health (
	account text not null primary key,
	state text not null,
	since datetime,
	detail text not null default '',
	last_success_at datetime,
	waiting integer not null default 0,
	idle boolean not null default false,
	updated_at datetime not null
);

-- mailbox_starts: since when an account's mails are contacts
create table mailbox_starts (
	account text not null primary key,
	at datetime
);

-- ledger: the intake ledger. state: 0 received, 1 ticketed, 2 joined, 3 duplicate, 4 quarantined, 5 ignored.
-- raw_sha256 is null when it equals raw_key. marked is 1 once the source has been told. original is 1 for the first item of its content. The keys and terms are what searching compares.
create table ledger (
	id integer primary key,
	mailbox_id integer not null references mailboxes(id),
	uid integer not null,
	incarnation integer not null,
	channel text not null,
	raw_key blob,
	raw_sha256 blob,
	raw_size integer not null default 0,
	content_key blob,
	received_at datetime not null,
	oversize boolean not null default false,
	sender text not null default '',
	sender_key text not null default '',
	subject text not null default '',
	subject_terms text not null default '',
	message_id_header text not null default '',
	header_key text not null default '',
	state integer not null check (state between 0 and 5),
	reason text not null default '',
	attempts integer not null default 0,
	next_at datetime,
	lease_until datetime,
	last_error text not null default '',
	stored_at datetime not null check (typeof(stored_at) = 'integer'),
	settled_at datetime,
	ticket_id integer not null default 0,
	message_id integer not null default 0,
	duplicate_of integer not null default 0,
	original integer not null,
	ignored_as text not null default '',
	marked integer not null
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
	id integer primary key,
	ticket_id integer not null,
	seq integer not null,
	at datetime not null check (typeof(at) = 'integer'),
	actor text not null,
	kind text not null,
	data text not null,
	digest blob,
	hash blob not null
);
create unique index events_chain on events (ticket_id, seq);
create index events_at on events (at, id);

-- event_payloads: what is personal of an event, erasable without breaking the chain
create table event_payloads (
	event_id integer primary key,
	payload text not null,
	salt text not null
);

create table seals (
	seq integer primary key,
	at datetime not null,
	from_at datetime not null,
	to_at datetime not null,
	count integer not null,
	root blob not null,
	prev blob,
	hash blob not null
);

-- seen: up to which message an agent has seen a ticket
create table seen (
	agent_id integer not null,
	ticket_id integer not null references tickets(id),
	message_id integer not null,
	primary key (agent_id, ticket_id)
) without rowid;

-- reads: when an agent's opening of a ticket was last recorded
create table reads (
	agent_id integer not null,
	ticket_id integer not null,
	at datetime not null,
	primary key (agent_id, ticket_id)
) without rowid;

create table drafts (
	agent_id integer not null,
	ticket_id integer not null,
	kind text not null,
	body text not null default '',
	saved_at datetime not null,
	primary key (agent_id, ticket_id, kind)
);

create table uploads (
	id text not null primary key,
	agent_id integer not null,
	ticket_id integer not null,
	kind text not null,
	blob_key blob,
	name text not null default '',
	content_type text not null default '',
	size integer not null default 0,
	content_id text not null default '',
	inline boolean not null default false,
	at datetime not null
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
	at datetime not null,
	primary key (caller, key)
);
create index once_at on once (at);

-- gates: attempts counted under a key
create table gates (
	key text not null primary key,
	started_at datetime not null,
	ends_at datetime not null,
	n integer not null
);
create index gates_end on gates (ends_at);

-- leases: one holder at a time; epoch fences the one before
create table leases (
	name text not null primary key,
	holder text not null default '',
	epoch integer not null,
	expires_at datetime not null
);

-- rules: every version of profiles and calendars, as JSON; the default profile is of kind default
create table rules (
	kind text not null,
	name text not null,
	version integer not null,
	body text not null,
	primary key (kind, name, version)
);

-- stamps: raised by changes that every process must notice
create table stamps (
	name text not null primary key,
	n integer not null
);

-- search_docs: the folded words of what was said in a ticket, one row an addition.
create table search_docs (
	id integer primary key,
	ticket_id integer not null
);
create index search_docs_ticket on search_docs (ticket_id);
create virtual table search_words using fts5 (words, content = '', contentless_delete = 1, detail = none, tokenize = "unicode61 remove_diacritics 0");

-- Events are never changed nor removed, whoever asks.
-- +goose StatementBegin
create trigger events_no_update before update on events begin
	select raise(abort, 'events is append-only');
end;
-- +goose StatementEnd
-- +goose StatementBegin
create trigger events_no_delete before delete on events begin
	select raise(abort, 'events is append-only');
end;
-- +goose StatementEnd
-- +goose StatementBegin
create trigger seals_no_update before update on seals begin
	select raise(abort, 'seals is append-only');
end;
-- +goose StatementEnd
-- +goose StatementBegin
create trigger seals_no_delete before delete on seals begin
	select raise(abort, 'seals is append-only');
end;
-- +goose StatementEnd

insert into stamps (name, n) values ('directory', 1);

-- +goose Down

drop table search_words;
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
drop table counters;
