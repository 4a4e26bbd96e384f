package manage

import (
	"github.com/sistem48/system48/ticketing"
	"github.com/sistem48/system48/ui/components"
)

// Addresses of the settings pages.
const (
	pageUsers       = components.PageManage + "/users"
	pageDepartments = components.PageManage + "/departments"
	pageBodies      = components.PageManage + "/bodies"
	pageCategories  = components.PageManage + "/categories"
	pageRouting     = components.PageManage + "/routing"
	pageDistricts   = pageRouting + "/districts"
	pagePromises    = components.PageManage + "/promises"
	pagePolicies    = components.PageManage + "/policies"
	pageLadders     = components.PageManage + "/ladders"
	pageCalendars   = components.PageManage + "/calendars"
	pageMail        = components.PageManage + "/mail"
	pageLetters     = components.PageManage + "/letters"
	pageTemplates   = components.PageManage + "/templates"
	pageTokens      = components.PageManage + "/tokens"
)

// A settingsPage is what surrounds a settings page: the shell and the list of
// settings beside it.
type settingsPage struct {
	components.StaffPage
	Section string // address of the settings page this is or belongs to
	Letters bool   // letters are edited here
	Mail    string // worst state of the mailboxes: "ok", "warn", "bad", "" without mailboxes
}

// A settingsLink is one entry of the list of settings.
type settingsLink struct {
	Href  string
	Label string // message id
	Dot   string
}

func (p settingsPage) links() []settingsLink {
	list := []settingsLink{
		{pageUsers, "users.title", ""},
		{pageDepartments, "departments.title", ""},
		{pageBodies, "bodies.title", ""},
		{pageCategories, "categories.title", ""},
		{pageRouting, "routing.title", ""},
		{pagePromises, "promises.title", ""},
		{pageMail, "mail.nav", p.Mail},
	}
	if p.Letters {
		list = append(list, settingsLink{pageLetters, "letters.title", ""}, settingsLink{pageTemplates, "templates.title", ""})
	}
	return append(list, settingsLink{pageTokens, "tokens.title", ""})
}

// worst sums the mailboxes up in one colour.
func worst(list []ticketing.MailboxHealth) string {
	state := ""
	for _, h := range list {
		switch k := healthKind(h.State); {
		case k == "bad", k == "warn" && state != "bad", state == "":
			state = k
		}
	}
	return state
}

// healthKind gives the colour of a mailbox's state. Standby means that another
// process has it.
func healthKind(state string) string {
	switch state {
	case "ok", "standby":
		return "ok"
	case "connecting", "paused":
		return "warn"
	}
	return "bad"
}
