package components

// A SignInView is what the sign-in form shows beside its fields.
type SignInView struct {
	Next    string // local path to go to afterwards
	Problem string // why the last try failed, in words
	Info    string // why the form is shown, in words
}
