package storage

import (
	"github.com/sistem48/system48/ticketing"
)

// ticketRow is a row of tickets.
type ticketRow struct {
	ID            int64                        `gorm:"primaryKey;autoIncrement:false;column:id"`
	Ref           string                       `gorm:"column:ref"`
	Subject       string                       `gorm:"column:subject"`
	State         int16                        `gorm:"column:state"`
	Waiting       string                       `gorm:"column:waiting"`
	Code          string                       `gorm:"column:code"`
	ClosingNote   string                       `gorm:"column:closing_note"`
	DuplicateOf   optional                     `gorm:"column:duplicate_of"`
	Linked        optional                     `gorm:"column:linked"`
	Mentions      string                       `gorm:"column:mentions"`
	Rank          int16                        `gorm:"column:rank"`
	Channel       string                       `gorm:"column:channel"`
	Account       string                       `gorm:"column:account"`
	CategoryID    int64                        `gorm:"column:category_id"`
	DepartmentID  int64                        `gorm:"column:department_id"`
	CustodyAt     instant                      `gorm:"column:custody_at"`
	AssigneeID    int64                        `gorm:"column:assignee_id"`
	CitizenID     optional                     `gorm:"column:citizen_id"`
	ReplyName     string                       `gorm:"column:reply_name"`
	ReplyAddress  string                       `gorm:"column:reply_address"`
	Parties       list[string]                 `gorm:"column:parties"`
	Address       string                       `gorm:"column:address"`
	Lat           float64                      `gorm:"column:lat"`
	Lon           float64                      `gorm:"column:lon"`
	Language      string                       `gorm:"column:language"`
	Tags          list[string]                 `gorm:"column:tags"`
	Episode       int16                        `gorm:"column:episode"`
	Endings       list[ticketing.Ending]       `gorm:"column:endings"`
	TrackingEpoch int16                        `gorm:"column:tracking_epoch"`
	ReceiptOwed   int16                        `gorm:"column:receipt_owed"`
	Spam          int16                        `gorm:"column:spam"`
	ReceivedAt    instant                      `gorm:"column:received_at"`
	ValidatedAt   instant                      `gorm:"column:validated_at"`
	AnsweredAt    instant                      `gorm:"column:answered_at"`
	ResolvedAt    instant                      `gorm:"column:resolved_at"`
	ClosedAt      instant                      `gorm:"column:closed_at"`
	CreatedAt     instant                      `gorm:"column:created_at;autoCreateTime:false"`
	UpdatedAt     instant                      `gorm:"column:updated_at;autoUpdateTime:false"`
	LastMessageAt instant                      `gorm:"column:last_message_at"`
	LastInAt      instant                      `gorm:"column:last_in_at"`
	LastMessageID int64                        `gorm:"column:last_message_id"`
	LastInID      int64                        `gorm:"column:last_in_id"`
	DueAt         instant                      `gorm:"column:due_at"`
	CheckAt       instant                      `gorm:"column:check_at"`
	Pauses        list[ticketing.Pause]        `gorm:"column:pauses"`
	Version       int64                        `gorm:"column:version"`
	EventSeq      int64                        `gorm:"column:event_seq"`
	EventHash     digest                       `gorm:"column:event_hash"`
	BodyID        int64                        `gorm:"column:body_id"`
	Leg           int16                        `gorm:"column:leg"`
	CustodyTo     instant                      `gorm:"column:custody_to"`
	CustodyWhy    string                       `gorm:"column:custody_why"`
	Referrals     list[ticketing.Referral]     `gorm:"column:referrals"`
	Consultations list[ticketing.Consultation] `gorm:"column:consultations"`
	DistrictID    optional                     `gorm:"column:district_id"`
}

// TableName names the table.
func (ticketRow) TableName() string { return "tickets" }

// ticketHeldRow is a row of ticket_held.
type ticketHeldRow struct {
	TicketID     int64 `gorm:"primaryKey;autoIncrement:false;column:ticket_id"`
	DepartmentID int64 `gorm:"primaryKey;autoIncrement:false;column:department_id"`
	Asked        bool  `gorm:"column:asked"`
}

// TableName names the table.
func (ticketHeldRow) TableName() string { return "ticket_held" }

// ticketTagRow is a row of ticket_tags.
type ticketTagRow struct {
	Tag      string `gorm:"primaryKey;column:tag"`
	TicketID int64  `gorm:"primaryKey;autoIncrement:false;column:ticket_id"`
}

// TableName names the table.
func (ticketTagRow) TableName() string { return "ticket_tags" }

// clockRow is a row of clocks.
type clockRow struct {
	ID              int64   `gorm:"primaryKey;autoIncrement:false;column:id"`
	TicketID        int64   `gorm:"column:ticket_id"`
	Episode         int16   `gorm:"column:episode"`
	Kind            string  `gorm:"column:kind"`
	State           string  `gorm:"column:state"`
	Profile         string  `gorm:"column:profile"`
	ProfileVersion  int16   `gorm:"column:profile_version"`
	Calendar        string  `gorm:"column:calendar"`
	CalendarVersion int16   `gorm:"column:calendar_version"`
	OnCall          bool    `gorm:"column:on_call"`
	Target          int64   `gorm:"column:target"`
	StartSeq        int64   `gorm:"column:start_seq"`
	StartedAt       instant `gorm:"column:started_at"`
	CountFrom       instant `gorm:"column:count_from"`
	DueAt           instant `gorm:"column:due_at"`
	MetAt           instant `gorm:"column:met_at"`
	BreachedAt      instant `gorm:"column:breached_at"`
	WarnAt          instant `gorm:"column:warn_at"`
	EndedAt         instant `gorm:"column:ended_at"`
	EndCode         string  `gorm:"column:end_code"`
	AnswerID        int64   `gorm:"column:answer_id"`
	ChargedID       int64   `gorm:"column:charged_id"`
	Leg             int16   `gorm:"column:leg"`
	OwnDueAt        instant `gorm:"column:own_due_at"`
	Policy          string  `gorm:"column:policy"`
	PolicyVersion   int16   `gorm:"column:policy_version"`
	Ladder          string  `gorm:"column:ladder"`
	LadderVersion   int16   `gorm:"column:ladder_version"`
	Rungs           rungs   `gorm:"column:rungs"`
	WorkVersion     int16   `gorm:"column:work_version"`
}

// TableName names the table.
func (clockRow) TableName() string { return "clocks" }

// messageRow is a row of messages.
type messageRow struct {
	ID              int64                 `gorm:"primaryKey;autoIncrement:false;column:id"`
	TicketID        int64                 `gorm:"column:ticket_id"`
	Episode         int16                 `gorm:"column:episode"`
	Direction       string                `gorm:"column:direction"`
	Channel         string                `gorm:"column:channel"`
	Kind            string                `gorm:"column:kind"`
	Auto            bool                  `gorm:"column:auto"`
	Actor           string                `gorm:"column:actor"`
	AuthorName      string                `gorm:"column:author_name"`
	AuthorAddress   string                `gorm:"column:author_address"`
	Recipients      list[ticketing.Party] `gorm:"column:recipients"`
	Copies          list[ticketing.Party] `gorm:"column:copies"`
	Mark            string                `gorm:"column:mark"`
	Machine         string                `gorm:"column:machine"`
	Auth            string                `gorm:"column:auth"`
	Subject         string                `gorm:"column:subject"`
	Body            packed                `gorm:"column:body"`
	FoldAt          int64                 `gorm:"column:fold_at"`
	HTMLKey         digest                `gorm:"column:html_key"`
	Language        string                `gorm:"column:language"`
	Notes           list[string]          `gorm:"column:notes"`
	Partial         bool                  `gorm:"column:partial"`
	Unreadable      bool                  `gorm:"column:unreadable"`
	MessageIDHeader string                `gorm:"column:message_id_header"`
	HeaderHash      optional              `gorm:"column:header_hash"`
	RawKey          digest                `gorm:"column:raw_key"`
	RawSHA256       digest                `gorm:"column:raw_sha256"`
	LedgerID        int64                 `gorm:"column:ledger_id"`
	SentAt          instant               `gorm:"column:sent_at"`
	ReceivedAt      instant               `gorm:"column:received_at"`
	CreatedAt       instant               `gorm:"column:created_at;autoCreateTime:false"`
	TakenBackAt     instant               `gorm:"column:taken_back_at"`
}

// TableName names the table.
func (messageRow) TableName() string { return "messages" }

// attachmentRow is a row of attachments.
type attachmentRow struct {
	ID          int64  `gorm:"primaryKey;autoIncrement:false;column:id"`
	MessageID   int64  `gorm:"column:message_id"`
	BlobKey     digest `gorm:"column:blob_key"`
	Name        string `gorm:"column:name"`
	ContentType string `gorm:"column:content_type"`
	Size        int64  `gorm:"column:size"`
	ContentID   string `gorm:"column:content_id"`
	Inline      bool   `gorm:"column:inline"`
}

// TableName names the table.
func (attachmentRow) TableName() string { return "attachments" }

// deliveryRow is a row of deliveries.
type deliveryRow struct {
	ID              int64                      `gorm:"primaryKey;autoIncrement:false;column:id"`
	TicketID        optional                   `gorm:"column:ticket_id"`
	MessageID       optional                   `gorm:"column:message_id"`
	Purpose         string                     `gorm:"column:purpose"`
	Automatic       int16                      `gorm:"column:automatic"`
	Channel         string                     `gorm:"column:channel"`
	Account         string                     `gorm:"column:account"`
	ToName          string                     `gorm:"column:to_name"`
	ToAddress       string                     `gorm:"column:to_address"`
	HeaderTo        list[ticketing.Party]      `gorm:"column:header_to"`
	HeaderCc        list[ticketing.Party]      `gorm:"column:header_cc"`
	ToStaff         bool                       `gorm:"column:to_staff"`
	Language        string                     `gorm:"column:language"`
	Subject         string                     `gorm:"column:subject"`
	Body            packed                     `gorm:"column:body"`
	Files           list[ticketing.Attachment] `gorm:"column:files"`
	Refs            list[ticketing.Reference]  `gorm:"column:refs"`
	MessageIDHeader string                     `gorm:"column:message_id_header"`
	EnvelopeID      string                     `gorm:"column:envelope_id"`
	ReplyTo         string                     `gorm:"column:reply_to"`
	ReferenceIDs    list[string]               `gorm:"column:reference_ids"`
	State           string                     `gorm:"column:state"`
	Queue           int16                      `gorm:"column:queue"`
	SendAfter       instant                    `gorm:"column:send_after"`
	Attempts        int16                      `gorm:"column:attempts"`
	Doubts          int16                      `gorm:"column:doubts"`
	TriedAt         instant                    `gorm:"column:tried_at"`
	Epoch           int64                      `gorm:"column:epoch"`
	LeaseUntil      instant                    `gorm:"column:lease_until"`
	RawKey          digest                     `gorm:"column:raw_key"`
	Reply           string                     `gorm:"column:reply"`
	CreatedAt       instant                    `gorm:"column:created_at;autoCreateTime:false"`
	AcceptedAt      instant                    `gorm:"column:accepted_at"`
	SettledAt       instant                    `gorm:"column:settled_at"`
	GiveUpAt        instant                    `gorm:"column:give_up_at"`
	Kept            int16                      `gorm:"column:kept"`
	ProviderID      string                     `gorm:"column:provider_id"`
	DeliveredAt     instant                    `gorm:"column:delivered_at"`
	Returns         int16                      `gorm:"column:returns"`
}

// TableName names the table.
func (deliveryRow) TableName() string { return "deliveries" }

// eventRow is a row of events.
type eventRow struct {
	ID       int64   `gorm:"primaryKey;autoIncrement:false;column:id"`
	TicketID int64   `gorm:"column:ticket_id"`
	Seq      int64   `gorm:"column:seq"`
	At       instant `gorm:"column:at"`
	Actor    string  `gorm:"column:actor"`
	Kind     string  `gorm:"column:kind"`
	Data     string  `gorm:"column:data"`
	Digest   digest  `gorm:"column:digest"`
	Hash     digest  `gorm:"column:hash"`
}

// TableName names the table.
func (eventRow) TableName() string { return "events" }

// payloadRow is a row of event_payloads.
type payloadRow struct {
	EventID int64  `gorm:"primaryKey;autoIncrement:false;column:event_id"`
	Payload string `gorm:"column:payload"`
	Salt    string `gorm:"column:salt"`
}

// TableName names the table.
func (payloadRow) TableName() string { return "event_payloads" }

// sealRow is a row of seals.
type sealRow struct {
	Seq    int64   `gorm:"primaryKey;autoIncrement:false;column:seq"`
	At     instant `gorm:"column:at"`
	FromAt instant `gorm:"column:from_at"`
	ToAt   instant `gorm:"column:to_at"`
	Count  int64   `gorm:"column:count"`
	Root   digest  `gorm:"column:root"`
	Prev   digest  `gorm:"column:prev"`
	Hash   digest  `gorm:"column:hash"`
}

// TableName names the table.
func (sealRow) TableName() string { return "seals" }
