package ticketing

// A Channel is a way a contact reaches the bureau, or an answer the citizen.
type Channel string

// The channels. Counter and Letter are typed in by an agent.
const (
	ChannelEmail   Channel = "email"
	ChannelSMS     Channel = "sms"
	ChannelPhone   Channel = "phone"
	ChannelPortal  Channel = "portal"
	ChannelCounter Channel = "counter"
	ChannelLetter  Channel = "letter"
	ChannelAPI     Channel = "api"
)

// Channels lists all channels in the order menus show them.
func Channels() []Channel {
	return []Channel{ChannelEmail, ChannelPhone, ChannelSMS, ChannelPortal, ChannelCounter, ChannelLetter, ChannelAPI}
}

// Known reports whether c is one of the listed channels.
func (c Channel) Known() bool {
	for _, k := range Channels() {
		if c == k {
			return true
		}
	}
	return false
}
