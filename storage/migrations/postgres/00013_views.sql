-- +goose Up

-- saved_views: lists that members of staff keep; departments: whose members a shared one is for (none: everybody)
create table saved_views (
	id bigint primary key,
	owner_id bigint not null,
	shared boolean not null,
	departments text not null default '',
	name text not null,
	place integer not null default 0,
	list text not null,
	department_id bigint not null default 0,
	category_id bigint not null default 0,
	district_id bigint not null default 0,
	channel text not null default '',
	priority text not null default '',
	assignee_id bigint not null default 0,
	tag text not null default '',
	sort text not null default '',
	falling boolean not null default false,
	version bigint not null
);
create sequence view_ids;
create index saved_views_owner on saved_views (owner_id);

-- templates: ready-made answers, by language
create table templates (
	id bigint primary key,
	name text not null,
	department_id bigint not null default 0,
	texts text not null default '',
	disabled boolean not null default false,
	version bigint not null
);
create sequence template_ids;
create unique index templates_name on templates (name);

-- questions: who still owes a ticket the answer to a consultation
create table questions (
	department_id bigint not null,
	ticket_id bigint not null,
	primary key (department_id, ticket_id)
);

-- +goose Down

drop table questions;
drop sequence template_ids;
drop table templates;
drop sequence view_ids;
drop table saved_views;
