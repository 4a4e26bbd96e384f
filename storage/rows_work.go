package storage

// mailboxRow is a row of mailboxes.
type mailboxRow struct {
	ID          int64  `gorm:"primaryKey;autoIncrement:false;column:id"`
	Account     string `gorm:"column:account"`
	Folder      string `gorm:"column:folder"`
	Uidvalidity int64  `gorm:"column:uidvalidity"`
}

// TableName names the table.
func (mailboxRow) TableName() string { return "mailboxes" }

// mailboxStartRow is a row of mailbox_starts.
type mailboxStartRow struct {
	Account string  `gorm:"primaryKey;column:account"`
	At      instant `gorm:"column:at"`
}

// TableName names the table.
func (mailboxStartRow) TableName() string { return "mailbox_starts" }

// healthRow is a row of mailbox_health.
type healthRow struct {
	Account       string  `gorm:"primaryKey;column:account"`
	State         string  `gorm:"column:state"`
	Since         instant `gorm:"column:since"`
	Detail        string  `gorm:"column:detail"`
	LastSuccessAt instant `gorm:"column:last_success_at"`
	Waiting       int64   `gorm:"column:waiting"`
	Idle          bool    `gorm:"column:idle"`
	UpdatedAt     instant `gorm:"column:updated_at;autoUpdateTime:false"`
}

// TableName names the table.
func (healthRow) TableName() string { return "mailbox_health" }

// ledgerRow is a row of ledger.
type ledgerRow struct {
	ID              int64   `gorm:"primaryKey;autoIncrement:false;column:id"`
	MailboxID       int64   `gorm:"column:mailbox_id"`
	UID             int64   `gorm:"column:uid"`
	Incarnation     int16   `gorm:"column:incarnation"`
	Channel         string  `gorm:"column:channel"`
	RawKey          digest  `gorm:"column:raw_key"`
	RawSHA256       digest  `gorm:"column:raw_sha256"`
	RawSize         int64   `gorm:"column:raw_size"`
	ContentKey      digest  `gorm:"column:content_key"`
	ReceivedAt      instant `gorm:"column:received_at"`
	Oversize        bool    `gorm:"column:oversize"`
	Sender          string  `gorm:"column:sender"`
	SenderKey       string  `gorm:"column:sender_key"`
	Subject         string  `gorm:"column:subject"`
	SubjectTerms    string  `gorm:"column:subject_terms"`
	MessageIDHeader string  `gorm:"column:message_id_header"`
	HeaderKey       string  `gorm:"column:header_key"`
	State           int16   `gorm:"column:state"`
	Reason          string  `gorm:"column:reason"`
	Attempts        int16   `gorm:"column:attempts"`
	NextAt          instant `gorm:"column:next_at"`
	LeaseUntil      instant `gorm:"column:lease_until"`
	LastError       string  `gorm:"column:last_error"`
	StoredAt        instant `gorm:"column:stored_at"`
	SettledAt       instant `gorm:"column:settled_at"`
	TicketID        int64   `gorm:"column:ticket_id"`
	MessageID       int64   `gorm:"column:message_id"`
	DuplicateOf     int64   `gorm:"column:duplicate_of"`
	Original        int16   `gorm:"column:original"`
	IgnoredAs       string  `gorm:"column:ignored_as"`
	Marked          int16   `gorm:"column:marked"`
}

// TableName names the table.
func (ledgerRow) TableName() string { return "ledger" }

// seenRow is a row of seen.
type seenRow struct {
	AgentID   int64 `gorm:"primaryKey;autoIncrement:false;column:agent_id"`
	TicketID  int64 `gorm:"primaryKey;autoIncrement:false;column:ticket_id"`
	MessageID int64 `gorm:"column:message_id"`
}

// TableName names the table.
func (seenRow) TableName() string { return "seen" }

// readMarkRow is a row of reads.
type readMarkRow struct {
	AgentID  int64   `gorm:"primaryKey;autoIncrement:false;column:agent_id"`
	TicketID int64   `gorm:"primaryKey;autoIncrement:false;column:ticket_id"`
	At       instant `gorm:"column:at"`
}

// TableName names the table.
func (readMarkRow) TableName() string { return "reads" }

// draftRow is a row of drafts.
type draftRow struct {
	AgentID  int64   `gorm:"primaryKey;autoIncrement:false;column:agent_id"`
	TicketID int64   `gorm:"primaryKey;autoIncrement:false;column:ticket_id"`
	Kind     string  `gorm:"primaryKey;column:kind"`
	Body     string  `gorm:"column:body"`
	SavedAt  instant `gorm:"column:saved_at"`
}

// TableName names the table.
func (draftRow) TableName() string { return "drafts" }

// uploadRow is a row of uploads.
type uploadRow struct {
	ID          string  `gorm:"primaryKey;column:id"`
	AgentID     int64   `gorm:"column:agent_id"`
	TicketID    int64   `gorm:"column:ticket_id"`
	Kind        string  `gorm:"column:kind"`
	BlobKey     digest  `gorm:"column:blob_key"`
	Name        string  `gorm:"column:name"`
	ContentType string  `gorm:"column:content_type"`
	Size        int64   `gorm:"column:size"`
	ContentID   string  `gorm:"column:content_id"`
	Inline      bool    `gorm:"column:inline"`
	At          instant `gorm:"column:at"`
}

// TableName names the table.
func (uploadRow) TableName() string { return "uploads" }

// onceRow is a row of once.
type onceRow struct {
	Caller string  `gorm:"primaryKey;column:caller"`
	Key    string  `gorm:"primaryKey;column:key"`
	Hash   string  `gorm:"column:hash"`
	Result string  `gorm:"column:result"`
	At     instant `gorm:"column:at"`
}

// TableName names the table.
func (onceRow) TableName() string { return "once" }

// gateRow is a row of gates.
type gateRow struct {
	Key       string  `gorm:"primaryKey;column:key"`
	StartedAt instant `gorm:"column:started_at"`
	EndsAt    instant `gorm:"column:ends_at"`
	N         int64   `gorm:"column:n"`
}

// TableName names the table.
func (gateRow) TableName() string { return "gates" }

// leaseRow is a row of leases.
type leaseRow struct {
	Name      string  `gorm:"primaryKey;column:name"`
	Holder    string  `gorm:"column:holder"`
	Epoch     int64   `gorm:"column:epoch"`
	ExpiresAt instant `gorm:"column:expires_at"`
}

// TableName names the table.
func (leaseRow) TableName() string { return "leases" }

// ruleRow is a row of rules.
type ruleRow struct {
	Kind    string  `gorm:"primaryKey;column:kind"`
	Name    string  `gorm:"primaryKey;column:name"`
	Version int64   `gorm:"primaryKey;autoIncrement:false;column:version"`
	Body    string  `gorm:"column:body"`
	Actor   string  `gorm:"column:actor"`
	At      instant `gorm:"column:at"`
}

// TableName names the table.
func (ruleRow) TableName() string { return "rules" }

// stampRow is a row of stamps.
type stampRow struct {
	Name string `gorm:"primaryKey;column:name"`
	N    int64  `gorm:"column:n"`
}

// TableName names the table.
func (stampRow) TableName() string { return "stamps" }
