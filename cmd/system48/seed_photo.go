package main

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"math/rand/v2"
)

// samplePhoto draws what passes for a photo from the street: sky, a wall, the
// road and a dark spot on it. A JPEG of a few kilobytes.
func samplePhoto(r *rand.Rand) ([]byte, error) {
	const width, height = 640, 480
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	sky, wall := uint8(150+r.IntN(90)), uint8(90+r.IntN(90))
	horizon, kerb := 120+r.IntN(80), 260+r.IntN(60)
	spotX, spotY, wide, high := 140+r.IntN(360), 360+r.IntN(70), 50+r.IntN(90), 18+r.IntN(26)
	for y := range height {
		for x := range width {
			grain := uint8((x*7 + y*13 + x*y) % 11)
			c := color.RGBA{96 + grain, 96 + grain, 100 + grain, 255}
			switch dx, dy := float64(x-spotX)/float64(wide), float64(y-spotY)/float64(high); {
			case y < horizon:
				c = color.RGBA{sky - 40, sky - 10, sky, 255}
			case y < kerb:
				c = color.RGBA{wall + grain, wall + grain - 12, wall - 24, 255}
			case y < kerb+8:
				c = color.RGBA{190, 190, 185, 255}
			case dx*dx+dy*dy < 1:
				c = color.RGBA{38 + grain, 34 + grain, 32, 255}
			}
			img.SetRGBA(x, y, c)
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 60}); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
