package storage

import (
	"time"

	"github.com/sistem48/system48/ticketing"
)

// callRow is a row of calls.
type callRow struct {
	ID           int64                   `gorm:"primaryKey;autoIncrement:false;column:id"`
	Source       string                  `gorm:"column:source"`
	CallKey      string                  `gorm:"column:call_key"`
	Direction    string                  `gorm:"column:direction"`
	FromRaw      string                  `gorm:"column:from_raw"`
	FromE164     string                  `gorm:"column:from_e164"`
	ToRaw        string                  `gorm:"column:to_raw"`
	ToE164       string                  `gorm:"column:to_e164"`
	FromWithheld bool                    `gorm:"column:from_withheld"`
	ToWithheld   bool                    `gorm:"column:to_withheld"`
	Party        string                  `gorm:"column:party"`
	DID          string                  `gorm:"column:did"`
	Queue        string                  `gorm:"column:queue"`
	Extension    string                  `gorm:"column:extension"`
	Rings        list[string]            `gorm:"column:rings"`
	AgentID      int64                   `gorm:"column:agent_id"`
	StartedAt    instant                 `gorm:"column:started_at"`
	AnsweredAt   instant                 `gorm:"column:answered_at"`
	EndedAt      instant                 `gorm:"column:ended_at"`
	TalkS        int64                   `gorm:"column:talk_s"`
	WaitS        int64                   `gorm:"column:wait_s"`
	Result       string                  `gorm:"column:result"`
	Cause        string                  `gorm:"column:cause"`
	Recording    string                  `gorm:"column:recording"`
	Past         bool                    `gorm:"column:past"`
	Legs         list[ticketing.CallLeg] `gorm:"column:legs"`
	LedgerID     int64                   `gorm:"column:ledger_id"`
	Disposition  int16                   `gorm:"column:disposition"`
	Reason       string                  `gorm:"column:reason"`
	TicketID     int64                   `gorm:"column:ticket_id"`
	MessageID    int64                   `gorm:"column:message_id"`
	FileKey      digest                  `gorm:"column:file_key"`
	FileName     string                  `gorm:"column:file_name"`
	FileType     string                  `gorm:"column:file_type"`
	FileSize     int64                   `gorm:"column:file_size"`
	FetchAt      instant                 `gorm:"column:fetch_at"`
	FetchTries   int16                   `gorm:"column:fetch_tries"`
	FetchError   string                  `gorm:"column:fetch_error"`
	DecideAt     instant                 `gorm:"column:decide_at"`
	DecidedAt    instant                 `gorm:"column:decided_at"`
	CreatedAt    instant                 `gorm:"column:created_at;autoCreateTime:false"`
	UpdatedAt    instant                 `gorm:"column:updated_at;autoUpdateTime:false"`
	Version      int64                   `gorm:"column:version"`
}

// TableName names the table.
func (callRow) TableName() string { return "calls" }

func callRowOf(c *ticketing.Call) callRow {
	return callRow{
		ID: int64(c.ID), Source: clean(c.Source), CallKey: clean(c.Key), Direction: string(c.Direction),
		FromRaw: clean(c.From.Raw), FromE164: c.From.E164, FromWithheld: c.From.Withheld,
		ToRaw: clean(c.To.Raw), ToE164: c.To.E164, ToWithheld: c.To.Withheld, Party: c.Party().E164,
		DID: clean(c.DID), Queue: clean(c.Queue), Extension: clean(c.Extension), Rings: c.Rings, AgentID: int64(c.Agent),
		StartedAt: never1970(c.Started), AnsweredAt: instant(c.Answered), EndedAt: instant(c.Ended),
		TalkS: int64(c.Talk / time.Second), WaitS: int64(c.Wait / time.Second), Result: string(c.Result), Cause: clean(c.Cause),
		Recording: clean(c.Recording), Past: c.Past, Legs: c.Legs, LedgerID: int64(c.Ledger), Disposition: ledgerCode(c.Disposition),
		Reason: c.Reason, TicketID: int64(c.Ticket), MessageID: int64(c.Message), FileKey: digest(c.File.Key), FileName: clean(c.File.Name),
		FileType: clean(c.File.ContentType), FileSize: c.File.Size, FetchAt: instant(c.FetchAt), FetchTries: small(c.FetchTries),
		FetchError: clean(c.FetchError), DecideAt: instant(c.DecideAt), DecidedAt: instant(c.DecidedAt), CreatedAt: never1970(c.CreatedAt),
		UpdatedAt: never1970(c.UpdatedAt), Version: c.Version,
	}
}

func (r *callRow) call() ticketing.Call {
	return ticketing.Call{
		ID: ticketing.CallID(r.ID), Source: r.Source, Key: r.CallKey, Direction: ticketing.CallDirection(r.Direction),
		From: ticketing.CallNumber{Raw: r.FromRaw, E164: r.FromE164, Withheld: r.FromWithheld},
		To:   ticketing.CallNumber{Raw: r.ToRaw, E164: r.ToE164, Withheld: r.ToWithheld},
		DID:  r.DID, Queue: r.Queue, Extension: r.Extension, Rings: r.Rings, Agent: ticketing.AgentID(r.AgentID),
		Started: r.StartedAt.orNone(), Answered: r.AnsweredAt.time(), Ended: r.EndedAt.time(),
		Talk: time.Duration(r.TalkS) * time.Second, Wait: time.Duration(r.WaitS) * time.Second, Result: ticketing.CallResult(r.Result), Cause: r.Cause,
		Recording: r.Recording, Past: r.Past, Legs: r.Legs, Ledger: ticketing.LedgerID(r.LedgerID), Disposition: ledgerStates[r.Disposition],
		Reason: r.Reason, Ticket: ticketing.TicketID(r.TicketID), Message: ticketing.MessageID(r.MessageID),
		File:    ticketing.Attachment{Key: string(r.FileKey), Name: r.FileName, ContentType: r.FileType, Size: r.FileSize},
		FetchAt: r.FetchAt.time(), FetchTries: int(r.FetchTries), FetchError: r.FetchError, DecideAt: r.DecideAt.time(),
		DecidedAt: r.DecidedAt.time(), CreatedAt: r.CreatedAt.orNone(), UpdatedAt: r.UpdatedAt.orNone(), Version: r.Version,
	}
}

// callbackRow is a row of callbacks.
type callbackRow struct {
	TicketID int64   `gorm:"primaryKey;autoIncrement:false;column:ticket_id"`
	Number   string  `gorm:"column:number"`
	State    string  `gorm:"column:state"`
	Missed   int64   `gorm:"column:missed"`
	FirstAt  instant `gorm:"column:first_at"`
	LastAt   instant `gorm:"column:last_at"`
	DueAt    instant `gorm:"column:due_at"`
	Attempts int64   `gorm:"column:attempts"`
	TriedAt  instant `gorm:"column:tried_at"`
	EndedAt  instant `gorm:"column:ended_at"`
	Line     string  `gorm:"column:line"`
	Version  int64   `gorm:"column:version"`
}

// TableName names the table.
func (callbackRow) TableName() string { return "callbacks" }

func callbackRowOf(b *ticketing.Callback) callbackRow {
	return callbackRow{
		TicketID: int64(b.Ticket), Number: b.Number, State: string(b.State), Missed: int64(b.Missed), FirstAt: never1970(b.FirstAt),
		LastAt: never1970(b.LastAt), DueAt: never1970(b.Due), Attempts: int64(b.Attempts), TriedAt: instant(b.TriedAt), EndedAt: instant(b.EndedAt),
		Line: clean(b.Line), Version: b.Version,
	}
}

func (r *callbackRow) callback() ticketing.Callback {
	return ticketing.Callback{
		Ticket: ticketing.TicketID(r.TicketID), Number: r.Number, State: ticketing.CallbackState(r.State), Missed: int(r.Missed),
		FirstAt: r.FirstAt.orNone(), LastAt: r.LastAt.orNone(), Due: r.DueAt.orNone(), Attempts: int(r.Attempts), TriedAt: r.TriedAt.time(),
		EndedAt: r.EndedAt.time(), Line: r.Line, Version: r.Version,
	}
}
