package components

// A PortalPage is what surrounds a citizen's page.
type PortalPage struct {
	Title     string
	Home      string // of the language
	Nav       []NavItem
	Current   string // Href of the navigation's item
	Languages []LanguageLink
	Bureau    string // name of the city's bureau, in the foot
	Foot      []NavItem
}
