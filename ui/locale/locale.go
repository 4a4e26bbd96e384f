package locale

import "embed"

//go:embed *.toml
var files embed.FS
