package components

// rowTab lets Tab reach the chosen row; the list's script sees to it that
// exactly one row can be reached.
func rowTab(selected bool) string {
	if selected {
		return "0"
	}
	return "-1"
}
