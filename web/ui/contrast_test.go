package ui

import (
	"math"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

var colour = regexp.MustCompile(`--([a-z-]+): #([0-9a-f]{6});`)

// palettes reads the colours of the light and the dark design.
func palettes(t *testing.T) map[string]map[string][3]float64 {
	t.Helper()
	css, err := os.ReadFile("src/app.css")
	if err != nil {
		t.Fatal(err)
	}
	light, dark, found := strings.Cut(string(css), "@media (prefers-color-scheme: dark)")
	if !found {
		t.Fatal("the styles have no dark design")
	}
	return map[string]map[string][3]float64{"light": colours(t, light), "dark": colours(t, dark)}
}

func colours(t *testing.T, css string) map[string][3]float64 {
	t.Helper()
	found := map[string][3]float64{}
	for _, match := range colour.FindAllStringSubmatch(css, -1) {
		n, err := strconv.ParseUint(match[2], 16, 32)
		if err != nil {
			t.Fatal(err)
		}
		found[match[1]] = [3]float64{float64(n >> 16), float64(n >> 8 & 0xff), float64(n & 0xff)}
	}
	return found
}

// luminance and contrast are those of WCAG 2.2, "relative luminance" and "contrast ratio".
func luminance(c [3]float64) float64 {
	weights := [3]float64{0.2126, 0.7152, 0.0722}
	sum := 0.0
	for i, part := range c {
		part /= 255
		if part <= 0.04045 {
			part /= 12.92
		} else {
			part = math.Pow((part+0.055)/1.055, 2.4)
		}
		sum += weights[i] * part
	}
	return sum
}

func contrast(a, b [3]float64) float64 {
	x, y := luminance(a), luminance(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

func TestTextCanBeReadInLightAndDark(t *testing.T) {
	for design, palette := range palettes(t) {
		for _, ground := range []string{"ground", "stone", "sunk"} {
			for _, text := range []string{"ink", "soft", "blue", "good", "moving", "bad", "idle"} {
				wantContrast(t, design, palette, text, ground, 4.5) // criterion 1.4.3
			}
			wantContrast(t, design, palette, "edge", ground, 3) // criterion 1.4.11
		}
		for text, ground := range map[string]string{"on-blue": "blue", "bad": "bad-wash", "soft": "bad-wash", "blue": "bad-wash", "ink": "blue-wash"} {
			wantContrast(t, design, palette, text, ground, 4.5)
		}
	}
}

func wantContrast(t *testing.T, design string, palette map[string][3]float64, text, ground string, least float64) {
	t.Helper()
	if got := contrast(palette[text], palette[ground]); got < least {
		t.Errorf("%s on %s of the %s design has a contrast of %.2f, want %.1f", text, ground, design, got, least)
	}
}
