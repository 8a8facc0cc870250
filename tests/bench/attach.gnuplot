# Memory and attach time against the size of the area. From the caller: data, out.
# Columns of data: MiB; memory in MiB; attach time in ms of a blank area, of one
# without records, and of one full of them. Blocks: 0 without the series, 1 with it.
set terminal pngcairo size 1200,640 font "sans,11"
set output out
set multiplot layout 1,2
set logscale xy
set grid xtics ytics lt rgb "#dddddd"
set key below left reverse Left vertical maxrows 5
set xlabel "area (MiB)"
set xtics (8, 16, 32, 64, 128, 256, 512, 1024)
set xrange [6:1400]
set datafile missing "-"
base = "#c0392b"
series = "#2471a3"

set lmargin 9
set bmargin 9
set title "Memory taken by an area (MiB)"
set yrange [0.3:500]
plot data index 0 using 1:2 with linespoints lw 2 pt 7 lc rgb base title "6.12, which uses 128 MiB at most", \
     data index 1 using 1:2 with linespoints lw 2 pt 7 lc rgb series title "with the series"

set title "Time to attach (ms)"
set yrange [1:3000]
plot data index 0 using 1:5 with linespoints lw 2 pt 6 dt 2 lc rgb base title "6.12, full of records", \
     data index 0 using 1:4 with linespoints lw 2 pt 7 lc rgb base title "6.12, without records", \
     data index 1 using 1:3 with linespoints lw 2 pt 4 dt 3 lc rgb series title "with the series, the first time", \
     data index 1 using 1:5 with linespoints lw 2 pt 6 dt 2 lc rgb series title "with the series, full of records", \
     data index 1 using 1:4 with linespoints lw 2 pt 7 lc rgb series title "with the series, without records"
unset multiplot
