"""What goes out to students: released labs, bundles, planted challenges; and how a lab begins."""
