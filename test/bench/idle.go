package main

import "context"

func measureIdle(ctx context.Context, b *bench, p plan) error { _ = figuresOf([]int{}, nil); return nil }
